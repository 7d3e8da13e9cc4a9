"""How often, how much and how long: what keeps one client from taking the server away from the others."""

import asyncio
import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from starlette.requests import Request

from experiments.study.server.refused import Refused, too_often
from experiments.study.server.web.headers import LONGEST_HEADER


@dataclass(frozen=True)
class Limits:
    """Rates in requests per second, sizes in bytes, times in s. Nothing is known of an address: a rater is their token."""

    per_rater: float = 20.0
    unknown: float = 50.0
    """All requests together that come without a token of this study."""
    joins: float = 1.0
    """New raters."""
    burst_s: float = 10.0
    """So many seconds' worth may come at once."""
    joins_burst: int = 120
    """So many new raters may come at once: a class that opens the link together."""
    body: int = 16_384
    header: int = LONGEST_HEADER
    body_within_s: float = 10.0
    request_within_s: float = 20.0
    """From the connection, or the answer before, to the end of a request's header; an idle connection is closed then."""
    connections: int = 512


@dataclass
class Rates:
    """Token buckets, one for each key, in memory: nothing of them is stored."""

    clock: Callable[[], float]
    buckets: dict[Hashable, tuple[float, float]] = field(default_factory=dict)

    def take(self, key: Hashable, rate: float, burst: float) -> None:
        """Count one request of `key`, of which `rate` come in a second and `burst` at once. Raises: Refused if it is too many."""
        now = self.clock()
        left, then = self.buckets.get(key, (burst, now))
        left = min(burst, left + max(0.0, now - then) * rate)  # a clock set back takes nothing from anyone
        if left < 1:
            raise too_often(max(1, math.ceil((1 - left) / rate)))
        self.buckets[key] = (left - 1, now)


async def read_limited(request: Request, limits: Limits) -> bytes:
    """Return a request's body. Raises: Refused if it is too large, too slow, or is not said to be JSON."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or len(announced) > 12 or int(announced) > limits.body:
        raise _too_large(limits)
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":  # a form of another site cannot say this without asking first
        raise Refused(415, "type", "Send JSON, as application/json.")
    content = bytearray()
    try:
        async with asyncio.timeout(limits.body_within_s):
            async for chunk in request.stream():
                content += chunk
                if len(content) > limits.body:
                    raise _too_large(limits)
    except TimeoutError:
        raise Refused(408, "slow", "The request did not come in time.") from None
    return bytes(content)


def _too_large(limits: Limits) -> Refused:
    return Refused(413, "too-large", f"A request may have {limits.body:,} bytes.")
