"""Options of `attiqa study serve`."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tyro.conf import Positional

from attiqa_core.errors import UsageError
from experiments.options import checks

EVERYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Config:
    """Serve a study to raters, each with a link of their own, and keep their votes in one file.

    It speaks HTTP; put a proxy with TLS before it where raters come from outside. Ends with Ctrl-C; started again, it goes
    on where it was. No address is stored or logged.
    """

    study: Positional[Path]
    """folder that `attiqa study export` made"""
    raters: int = 0
    """invite so many raters in all: one link each in STUDY/private/links.csv; those invited before are counted"""
    open: int = 0
    """let so many raters in who come without a link of their own"""
    prolific: int = 0
    """let so many raters in who come from Prolific"""
    store: Path | None = None
    """file that holds everything; STUDY/private/votes.sqlite if not given"""
    host: str = "127.0.0.1"
    """address to listen on"""
    port: int = 8000
    """port to listen on; 0: any free one"""
    public_url: str | None = None
    """what raters' links begin with, such as https://study.example.org/; host and port if not given"""
    lease_minutes: float = 60.0
    """after so long without a sign of life, what a rater has not answered goes to others"""
    check_midway: bool = False
    """end the session of a rater who cannot pass min_gold or min_traps any more, not only at its end"""
    rate: float = 20.0
    """requests per second that one rater may make"""

    @property
    def address(self) -> str | None:
        """What links begin with, if it is said."""
        return self.public_url and self.public_url.rstrip("/") + "/"

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, raters=0, open=0, prolific=0, port=0)
        checks.above_zero(self, "lease_minutes", "rate")
        if self.port > 65535:
            raise UsageError(f"--port {self.port}: give at most 65535")
        if self.host in EVERYWHERE and self.public_url is None:
            raise UsageError(f"--host {self.host}: say with --public-url how raters reach it")
        if self.public_url is not None:
            parts = urlsplit(self.public_url)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
                raise UsageError(f"--public-url {self.public_url}: give an address such as https://study.example.org/")
        checks.present(self.study)
        if self.store is not None:
            checks.place_of_file(self.store, "store")
