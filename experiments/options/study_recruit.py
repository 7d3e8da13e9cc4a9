"""Options of `attiqa study recruit`."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.addresses import wrong_address


@dataclass(frozen=True)
class Config:
    """Recruit raters on Prolific for a served study. Nothing is sent unless you say so: the request is printed with its cost.

    --send makes a draft, once however often it is run; --publish shows it to participants, from when it costs. The account's
    token is read from PROLIFIC_TOKEN and is written nowhere.
    """

    study: Positional[Path]
    """folder that `attiqa study export` made, with completion codes in its protocol"""
    recruitment: Positional[Path]
    """TOML: url, description, minutes, reward, currency, fee_percent and more (docs/recruiting.md)"""
    send: bool = False
    """make the draft on Prolific"""
    publish: bool = False
    """show the draft that was made to participants"""
    api: str = "https://api.prolific.com/api/v1/"
    """where Prolific's API is; another address for a stand-in"""

    @property
    def base(self) -> str:
        """The API's address with a slash at its end."""
        return self.api.rstrip("/") + "/"

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.present(self.study, self.recruitment)
        if wrong := wrong_address(self.api):
            raise UsageError(f"--api {self.api}: {wrong}")
        if self.send and self.publish:
            raise UsageError("--send, --publish: give one of them; look at the draft on Prolific in between")
