"""What every answer says to the browser: run nothing else, keep nothing, tell nobody."""

import base64
import hashlib
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_HEADER = 16_384
"""Of a request, in bytes, its path with it."""
NOTHING_RUNS = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SAME_FOR_ALL = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-robots-tag": "noindex",
}


class Guarded:
    """An application whose answers all carry the same headers, and the strictest content policy unless they have their own."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                more = {"content-security-policy": NOTHING_RUNS, **SAME_FOR_ALL}
                added = [(name.encode(), value.encode()) for name, value in more.items() if name.encode() not in own]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        if status := _refused_unread(scope["raw_path"] + scope["query_string"], scope["headers"]):
            start = {"type": "http.response.start", "status": status}
            await send_guarded({**start, "headers": [(b"content-length", b"0"), (b"connection", b"close")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.app(scope, receive, send_guarded)


def _refused_unread(address: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    """The status of a request that no step sees, 0 for others: one too long, which the HTTP parser lets through if it comes
    in one piece, or one whose body has two lengths, by which a second request is smuggled past a proxy that reads the other."""
    if len(address) + sum(len(name) + len(value) + 4 for name, value in headers) > LONGEST_HEADER:
        return 431
    return 400 if {b"content-length", b"transfer-encoding"} <= {name for name, _ in headers} else 0


def policy_of_page(page: str) -> str:
    """Return the content policy of a page in which its own styles and scripts run, and that asks this server alone."""
    styles, scripts = (" ".join(_hashes(page, tag)) or "'none'" for tag in ("style", "script"))
    return "; ".join(
        [
            "default-src 'none'",
            "connect-src 'self'",
            "img-src blob: data:",
            f"style-src {styles}",
            f"script-src {scripts}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _hashes(page: str, tag: str) -> list[str]:
    found = re.findall(rf"<{tag}(?: [^>]*)?>(.*?)</{tag}>", page, re.DOTALL)
    return [f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in found]
