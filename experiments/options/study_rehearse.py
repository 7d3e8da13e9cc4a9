"""Options of `attiqa study rehearse`."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from attiqa_core.errors import UsageError
from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Try a study with simulated raters before real ones come; no made-up vote gets into the study.

    It serves the study from an empty store of its own, in a temporary folder, to raters who answer over HTTP at once, and
    says how votes and sides fall and how long acknowledgements take. Exit code 4 if something does not hold.
    """

    study: Positional[Path]
    """folder that `attiqa study export` made"""
    raters: int = 12
    """how many take part at once"""
    share: float = 0.58
    """share of the votes that go to the first version, from 0.1 to 0.9"""
    left_bias: float = 0.03
    """how much more likely a picture is chosen on the left than without a side, from 0 to 0.1"""
    lapses: float = 0.02
    """share of answers given without looking"""
    dropouts: float = 0.0
    """share of raters who leave midway; votes and sides are then told, not checked"""
    pause: float = 0.0
    """longest wait of a rater before an answer, in s"""
    seed: int = 0
    """seed of the raters' choices"""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, raters=1, seed=0)
        for name, low, high in (("share", 0.1, 0.9), ("left_bias", 0, 0.1), ("lapses", 0, 1), ("dropouts", 0, 1)):
            if not low <= getattr(self, name) <= high:
                raise UsageError(f"--{name.replace('_', '-')} {getattr(self, name)}: give {low} to {high}")
        if not 0 <= self.pause <= 60:
            raise UsageError(f"--pause {self.pause}: give 0 to 60 s")
        checks.present(self.study)
