"""One request to Prolific's API: what it answers as JSON, or in one sentence why not. The token is sent to that server alone."""

import email.utils
import json
import re
import time
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from attiqa_core.errors import one_line

TIMEOUT_S = 60.0
MOST_BYTES = 20_000_000
SHOWN = 400  # characters of an answer that are repeated in a sentence


class Refused(Exception):
    """An answer that asking again will not mend."""

    def __init__(self, message: str, code: int = 0):
        super().__init__(message)
        self.code = code


class Busy(Exception):
    """The server did nothing and asks to be left alone (429), for `after_s` where it says how long."""

    def __init__(self, message: str, after_s: float | None):
        super().__init__(message)
        self.after_s = after_s


class Unclear(Exception):
    """No answer, or a failure of the server's (5xx): what was asked for may have been done, or not."""


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would take the token to whatever server it names."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        del req, fp, code, msg, headers, newurl


OPENER = build_opener(_NoRedirect)


@dataclass(frozen=True)
class Door:
    """The API below `base`, which ends in a slash, and who asks."""

    base: str
    token: str = field(repr=False)
    timeout_s: float = TIMEOUT_S

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer's JSON content. Raises: Refused, Busy or Unclear, with the address and without the token."""
        url = self.base + path
        headers = {"Authorization": f"Token {self.token}", "Accept": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            with OPENER.open(Request(url, content, headers, method=method), timeout=self.timeout_s) as answer:
                return _content(url, answer.read(MOST_BYTES))
        except HTTPError as error:
            with error:
                raise self._trouble(url, error) from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            said = "no answer in time" if isinstance(reason, TimeoutError) else str(reason) or type(reason).__name__
            raise Unclear(f"{url}: {self._without_token(said)}") from None

    def _trouble(self, url: str, error: HTTPError) -> Exception:
        said = self._without_token(_words(error))
        match error.code:
            case 401 | 403:
                return Refused(f"{url}: the token in PROLIFIC_TOKEN may not do this ({error.code}{said})", error.code)
            case 429:
                return Busy(f"{url}: asks to be left alone (429{said})", retry_after_s(error.headers["Retry-After"]))
            case code if code >= 500:
                return Unclear(f"{url}: the server failed ({code}{said})")
            case code if 300 <= code < 400:
                return Refused(f"{url}: sends us elsewhere ({code}), where the token will not go; correct --api", code)
        return Refused(f"{url}: the request is refused ({error.code}{said})", error.code)

    def _without_token(self, words: str) -> str:
        return words.replace(self.token, "...")


def _content(url: str, content: bytes) -> Any:
    try:
        return json.loads(content) if content.strip() else {}
    except (ValueError, RecursionError):
        raise Unclear(f"{url}: the answer is no JSON; is there a proxy in between?") from None


def _words(error: HTTPError) -> str:
    """What an error's body says, as ": title: field: what is wrong", or nothing."""
    try:
        content = json.loads(error.read(MOST_BYTES))
    except (ValueError, RecursionError, OSError, HTTPException):
        return ""
    content = content.get("error", content) if isinstance(content, dict) else content
    if isinstance(content, dict):
        content = {key: content[key] for key in ("title", "detail") if content.get(key)} or content
    words = one_line(re.sub(r"\s+", " ", "; ".join(_leaves(content))))
    return f": {words[:SHOWN]}" if words else ""


def _leaves(content: Any, name: str = "", depth: int = 0) -> list[str]:
    if depth > 8:
        return []
    if isinstance(content, dict):
        named = content.items()
        return [leaf for key, value in named for leaf in _leaves(value, "" if key in _SILENT else str(key), depth + 1)]
    if isinstance(content, list):
        return [leaf for value in content for leaf in _leaves(value, name, depth + 1)]
    return [f"{name}: {content}" if name else str(content)]


_SILENT = ("title", "detail", "non_field_errors", "message")


def retry_after_s(said: str | None) -> float | None:
    """Return a Retry-After header, a number of seconds or a date, as seconds from now; None for what is neither."""
    text = (said or "").strip()
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return float(text)
    try:
        return max(email.utils.parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None
