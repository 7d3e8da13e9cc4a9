"""What a rater is asked, and the answers that a study takes. Pure, light, and the same for page, server and analysis."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["training", "main", "repeat", "gold", "trap"]
KINDS: tuple[Kind, ...] = ("training", "main", "repeat", "gold", "trap")
"""`main` alone counts for a result. A `repeat` shows a main pair again, flipped; `gold` has a right answer by its pictures,
a `trap` by its words ("choose the left one"); `training` comes first and counts for nothing."""

CHOICES = {"left": 1.0, "slightly-left": 0.75, "tie": 0.5, "slightly-right": 0.25, "right": 0.0}
"""Every answer, and how far it is one for the left picture."""

ANSWERS: dict[str, tuple[str, ...]] = {
    "two": ("left", "right"),
    "tie": ("left", "tie", "right"),
    "five": ("left", "slightly-left", "tie", "slightly-right", "right"),
}
"""What a study may take as answers, from left to right."""

SKIPPED = "skipped"
"""The answer to a pair whose pictures could not be loaded; it is kept, and counts for nothing."""


def is_right(choice: str, expected: str) -> bool:
    """Return whether an answer of `CHOICES` is on the expected side, "left" or "right"; a tie is not."""
    return CHOICES[choice] > 0.5 if expected == "left" else CHOICES[choice] < 0.5


@dataclass(frozen=True, order=True)
class Comparison:
    """Two arms of one scene, in the study's order of arms: what votes are counted for."""

    scene: str
    first: str
    second: str


@dataclass(frozen=True)
class Trial:
    """One question to one rater. `left` and `right` are arms of the scene; `expected` is "left" or "right" where one is right."""

    trial: str
    kind: Kind
    scene: str
    left: str
    right: str
    repeat_of: str | None = None
    expected: str | None = None

    @property
    def comparison(self) -> Comparison:
        """Which votes this one is counted with."""
        return Comparison(self.scene, *sorted((self.left, self.right)))
