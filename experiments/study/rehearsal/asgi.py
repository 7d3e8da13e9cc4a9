"""Requests to an application in the same process, byte for byte as asked: no client mends a path or a header on the way."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request, as it comes off the wire."""

    method: str
    path: str
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    query: bytes = b""


@dataclass(frozen=True)
class Answered:
    """One answer."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def everything(self) -> bytes:
        """All bytes of it."""
        return b"\n".join([*(name + b": " + value for name, value in self.headers), self.body])


class InProcess:
    """An application, asked one request after the other."""

    def __init__(self, app: Any):
        self.app, self.runner = app, asyncio.Runner()

    def __enter__(self) -> "InProcess":
        return self

    def __exit__(self, *error: object) -> None:
        self.runner.close()

    def ask(self, asked: Asked) -> Answered:
        """Return the answer to one request; a body is handed over in pieces of 4 KiB."""
        return self.runner.run(self._ask(asked))

    async def _ask(self, asked: Asked) -> Answered:
        pieces = [asked.body[start : start + 4096] for start in range(0, len(asked.body), 4096)] or [b""]
        waiting = [
            {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
            for number, piece in enumerate(pieces, 1)
        ]
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        await self.app(_scope(asked), receive, send)
        body = b"".join(message.get("body", b"") for message in said[1:])
        return Answered(said[0]["status"], _pairs(said[0]["headers"]), body)


def _pairs(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((bytes(name), bytes(value)) for name, value in headers)


def _scope(asked: Asked) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": asked.path,
        "raw_path": asked.path.encode("utf-8", "surrogatepass"),
        "query_string": asked.query,
        "root_path": "",
        "headers": asked.headers,
        "client": ("203.0.113.7", 50000),
        "server": ("testserver", 80),
        "state": {},
    }
