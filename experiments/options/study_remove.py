"""Options of `attiqa study remove`."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from attiqa_core.errors import UsageError
from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Remove raters from a served study: votes, session, identifiers and link, down to the bytes. It asks nothing.

    It may run while the study is served; what they had answered is asked of others again.
    """

    study: Positional[Path]
    """folder that `attiqa study export` made"""
    raters: Positional[tuple[str, ...]]
    """their names (rater-007), tokens, links or Prolific identifiers"""
    store: Path | None = None
    """file of the votes; STUDY/private/votes.sqlite if not given"""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        if not self.raters:
            raise UsageError("no raters named; give names such as rater-007, tokens or links")
        checks.present(self.study, self.store)
