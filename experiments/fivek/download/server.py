"""One request to a server of files: the beginning of an answer, or which kind of trouble it is.

Python's own urllib follows redirects and takes proxies from the environment. It opens a connection for every request, which files
of 50 MB do not notice.
"""

import email.utils
import errno
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from importlib import metadata
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

TIMEOUT_S = 60.0
"""How long a server may say nothing."""
NO_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH)
BUSY = (429, 503)
WORTH_ANOTHER_TRY = (408, 425, 500, 502, 504)
CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d+/(\d{1,18}|\*)", re.ASCII)
LENGTH = re.compile(r"\d{1,18}", re.ASCII)  # of more digits is no file's


class Trouble(Exception):
    """A request that asking again will not mend; the message begins with the address."""


class Broken(Trouble):
    """A connection that broke, or an answer that cannot be true: the next one may be better."""


class Unreachable(Broken):
    """A server that no connection could be made to."""


class NoSuchRange(Broken):
    """The file has no byte where it was asked to begin (416)."""


class Busy(Trouble):
    """The server asks to be left alone (429, 503), for `after_s` where it says how long."""

    def __init__(self, message: str, after_s: float | None):
        super().__init__(message)
        self.after_s = after_s


@dataclass(frozen=True)
class Version:
    """Which state of a file was served, as far as the server says."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def condition(self) -> str | None:
        """What If-Range takes: a strong ETag or a date; None where neither is there, so that no part can be gone on with."""
        strong = self.etag if self.etag and not self.etag.startswith("W/") else None
        return strong or self.last_modified

    def is_other_than(self, other: "Version") -> bool:
        """Return whether two answers were certainly of different states."""
        if self.etag and other.etag:
            return self.etag != other.etag
        return bool(self.last_modified and other.last_modified and self.last_modified != other.last_modified)


@dataclass(frozen=True)
class Answer:
    """The beginning of an answer: at which byte of the file its body starts, how many the file has (None: not said), its version."""

    start: int
    total: int | None
    version: Version
    url: str
    body: HTTPResponse = field(repr=False)

    @property
    def is_part(self) -> bool:
        """Whether the server gives the part that was asked for, and not the whole."""
        return self.body.status == 206

    @property
    def is_web_page(self) -> bool:
        """Whether it says that it is one, as the answers of portals and proxies do in the place of a file."""
        return self.body.headers.get_content_type() == "text/html"

    def read(self, most: int) -> bytes:
        """Return the next bytes, as many as are here; none at the end. Raises: Broken."""
        try:
            return self.body.read1(most)
        except (OSError, HTTPException) as error:
            raise Broken(f"{self.url}: the connection broke ({_reason(error)})") from error

    def read_all(self, most: int) -> bytes:
        """Return `most` bytes, or those up to the end of the file. Raises: Broken, also if it ends before that."""
        content = bytearray()
        while len(content) < most and (more := self.read(most - len(content))):
            content += more
        if self.total is not None and len(content) < min(self.total - self.start, most):
            raise Broken(
                f"{self.url}: the connection ended after {len(content):,} of {self.total - self.start:,} bytes"
            )
        return bytes(content)


@dataclass(frozen=True)
class Server:
    """A server of files below `base_url`, which ends in a slash."""

    base_url: str
    timeout_s: float = TIMEOUT_S

    def url(self, path: str) -> str:
        """Return the address of a file, spaces and brackets percent-encoded."""
        return self.base_url + quote(path)

    @contextmanager
    def ask(self, path: str, *, start: int = 0, end: int | None = None, condition: str | None = None,
            method: str = "GET") -> Iterator[Answer]:  # fmt: skip
        """A context with an answer from byte `start` to before `end`; from byte 0 if the file is no more what `condition` says.

        Raises: Trouble, of the kind that fits.
        """
        url = self.url(path)
        headers = {"User-Agent": f"attiqa-isp/{metadata.version('attiqa-isp')}", "Accept-Encoding": "identity"}
        if start or end:
            headers["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
            headers |= {"If-Range": condition} if condition else {}
        try:
            response = urlopen(Request(url, headers=headers, method=method), timeout=self.timeout_s)
        except HTTPError as error:
            with error:
                raise _refusal(url, error) from None
        except (OSError, HTTPException) as error:
            raise _no_answer(url, error) from error
        except ValueError as error:  # of an address that it redirects to
            raise Trouble(f"{url}: the server redirects to what is no address ({error})") from error
        with closing(response):
            yield _answer(url, response)


def _answer(url: str, response: HTTPResponse) -> Answer:
    version = Version(response.headers["ETag"], response.headers["Last-Modified"])
    if (coding := response.headers["Content-Encoding"] or "identity").lower() != "identity":
        raise Trouble(f"{url}: came in the coding {coding[:20]}, which nobody asked for; is there a proxy in between?")
    if response.status != 206:
        declared = LENGTH.fullmatch(response.headers["Content-Length"] or "")
        return Answer(0, int(declared[0]) if declared else None, version, url, response)
    said = CONTENT_RANGE.fullmatch((response.headers["Content-Range"] or "").strip())
    if said is None:
        raise Broken(f"{url}: a part of the file came without saying which")
    return Answer(int(said[1]), None if said[2] == "*" else int(said[2]), version, url, response)


def _refusal(url: str, error: HTTPError) -> Trouble:
    match error.code:
        case 404 | 410:
            return Trouble(f"{url}: the server has no such file ({error.code})")
        case 401 | 403:
            return Trouble(f"{url}: the server does not give it to us ({error.code})")
        case 407:
            return Trouble(f"{url}: the proxy asks who we are (407); give https_proxy=http://NAME:PASSWORD@HOST:PORT")
        case 416:
            return NoSuchRange(f"{url}: the server has no such part of the file (416)")
        case code if code in BUSY:
            return Busy(f"{url}: the server is busy ({code})", retry_after_s(error.headers["Retry-After"]))
        case code if code in WORTH_ANOTHER_TRY:
            return Broken(f"{url}: the server failed ({code})")
    return Trouble(f"{url}: the server answers {error.code} {error.reason}")


def _no_answer(url: str, error: Exception) -> Trouble:
    cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Trouble(f"{url}: its certificate is not trusted here ({cause.verify_message}); set SSL_CERT_FILE")
    if isinstance(cause, socket.gaierror | ConnectionRefusedError) or getattr(cause, "errno", None) in NO_ROUTE:
        return Unreachable(f"{url}: cannot be reached ({_reason(cause)})")
    return Broken(f"{url}: the connection broke ({_reason(cause)})")


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def retry_after_s(said: str | None) -> float | None:
    """Return Retry-After, a number of seconds or a date, as seconds from now; None for what is neither."""
    if said is None:
        return None
    if said.strip().isascii() and said.strip().isdigit():
        return float(said)
    try:
        return max(email.utils.parsedate_to_datetime(said).timestamp() - time.time(), 0.0)
    except ValueError:
        return None
