"""Options of `attiqa study export`."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from attiqa_core.errors import UsageError
from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Export a blind A/B study of two folders of rendered pictures: a page for raters, and the key kept apart.

    Files pair up by name without suffix; both sides become JPEGs of one size, quality and number of bytes.
    """

    a: Positional[Path]
    """folder of pictures A (JPEG, PNG or TIFF)"""
    b: Positional[Path]
    """folder of pictures B, named as in A"""
    out: Path = Path("runs/study")
    """new folder for the study"""
    name_a: str | None = None
    """what A is called in the analysis; the folder's name if not given. Raters never see it"""
    name_b: str | None = None
    """what B is called in the analysis"""
    seed: int | None = None
    """decides sides, order and file names; drawn anew if not given, so that nobody can work out the key"""
    max_pairs: int | None = None
    """show at most so many pairs, drawn at random"""
    repeats: int = 0
    """show so many pairs a second time with sides flipped, to see how consistent raters are"""
    long_edge: int = 2048
    """longest side of the pictures, px; larger ones are shrunk, both of a pair alike"""
    ties: bool = False
    """let raters answer "no preference" """
    question: str = "Which picture do you prefer?"
    """what raters are asked"""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, max_pairs=1, repeats=0, long_edge=16, seed=0)
        checks.present(self.a, self.b)
        if self.a.resolve() == self.b.resolve():
            raise UsageError(f"{self.a}: given as both A and B; name two folders")
        checks.new_folder(self.out)
