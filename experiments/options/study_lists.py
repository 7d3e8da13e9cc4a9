"""Options of `attiqa study lists`."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.addresses import wrong_address


@dataclass(frozen=True)
class Config:
    """Two lists of a served study's raters: whom Prolific should pay, and whose votes the result counts.

    Whom to pay follows Prolific's rules: nobody is turned away for an opinion, a gold pair or an honest mistake. Whose votes
    count follows the rules that the protocol was frozen with. Nothing is sent; both lists stand in private/, where alone the
    participants' names are.
    """

    study: Positional[Path]
    """folder that `attiqa study export` made, and `attiqa study serve` served"""
    fetch: bool = False
    """ask Prolific who took part, by the token in PROLIFIC_TOKEN"""
    minutes: float | None = None
    """how long participants were told it takes: below five, one failed attention check may be rejected, else two"""
    store: Path | None = None
    """what the server kept; STUDY/private/votes.sqlite if not given"""
    api: str = "https://api.prolific.com/api/v1/"
    """where Prolific's API is; another address for a stand-in"""
    overwrite: bool = False
    """replace earlier lists"""

    @property
    def base(self) -> str:
        """The API's address with a slash at its end."""
        return self.api.rstrip("/") + "/"

    @property
    def pay(self) -> Path:
        """Where the first list goes."""
        return self.study / "private" / "pay.csv"

    @property
    def use(self) -> Path:
        """Where the second list goes."""
        return self.study / "private" / "use.csv"

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.present(self.study, *([self.store] if self.store else []))
        if self.minutes is not None:
            checks.above_zero(self, "minutes")
        if wrong := wrong_address(self.api):
            raise UsageError(f"--api {self.api}: {wrong}")
        if not self.overwrite and (there := [path for path in (self.pay, self.use) if path.exists()]):
            raise UsageError(f"{there[0]}: exists already; give --overwrite to replace it")
