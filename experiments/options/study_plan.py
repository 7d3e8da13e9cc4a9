"""Options of `attiqa study plan`."""

from dataclasses import dataclass
from pathlib import Path

from attiqa_core.errors import UsageError
from experiments.options import checks

LARGEST_SPREAD = 3.0


@dataclass(frozen=True)
class Config:
    """How many raters, and pairs for each, a study needs for a 95 % interval of a given half width: cheapest first.

    Expected half widths are exact for votes as they are simulated; the cheapest size is simulated as well.
    """

    half_width: float = 0.05
    """half the width of the win rate's interval, as a share: 0.05 is plus or minus 5 points"""
    win_rate: float = 0.58
    """the true win rate of the first arm over the others; power is the chance to see it"""
    arms: int = 2
    """renderers; of more than two, the interval is of one pair by its own votes alone"""
    scenes: int = 200
    """how many scenes there are; a rater with fewer pairs sees a part of them"""
    votes: Path | None = None
    """trials.csv of a pilot (`attiqa study analyse` writes it): spreads, answers and time for each pair are taken from it"""
    taste_sd: float = 0.5
    """how far raters differ, standard deviation in logits; an assumption where no pilot says"""
    scene_sd: float = 1.0
    """how far scenes differ, standard deviation in logits; an assumption where no pilot says"""
    left_bias: float = 0.0
    """how far raters lean to the left picture, logits"""
    lapse: float = 0.02
    """share of answers that are given without looking"""
    seconds: float = 6.0
    """time for one pair, s; an assumption where no pilot says"""
    check_studies: int = 100
    """studies that are simulated of the cheapest size; 0: none"""
    seed: int = 0
    """seed of the simulated studies"""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, arms=2, scenes=3, taste_sd=0, scene_sd=0, left_bias=0, check_studies=0)
        checks.above_zero(self, "half_width", "seconds")
        checks.seed(self)
        if self.half_width >= 0.5:
            raise UsageError(f"--half-width {self.half_width}: give a share below 0.5, e.g. 0.05 for 5 points")
        if not 0.05 <= self.win_rate <= 0.95:
            raise UsageError(f"--win-rate {self.win_rate}: give a share from 0.05 to 0.95, e.g. 0.58")
        if not 0 <= self.lapse <= 0.05:
            raise UsageError(f"--lapse {self.lapse}: give a share from 0 to 0.05")
        for name in ("taste_sd", "scene_sd", "left_bias"):
            if getattr(self, name) > LARGEST_SPREAD:
                raise UsageError(f"{checks.flag(name)} {getattr(self, name)}: give at most {LARGEST_SPREAD} logits")
        if self.arms > 26:
            raise UsageError(f"--arms {self.arms}: give at most 26")
        checks.present(self.votes)
