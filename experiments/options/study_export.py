"""Options of `attiqa study export`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from attiqa_core.errors import UsageError
from experiments.options import checks

ARMS = "abcdefghijklmnopqrstuvwxyz"
"""What the key calls the folders, in their order."""


@dataclass(frozen=True)
class Config:
    """Make a blind study of two or more folders of rendered pictures: for raters a page, or a server, and the key kept apart.

    Pictures are one scene if they are called alike in every folder, but for their suffix; all versions of a scene become JPEGs of
    one size, quality and number of bytes. What is asked, of whom and how stands in a protocol; options here come before it.
    """

    folders: Positional[tuple[Path, ...]]
    """2 to 26 folders of pictures (JPEG, PNG or TIFF), one for each version that is compared"""
    out: Path = Path("runs/study")
    """new folder for the study"""
    names: tuple[str, ...] = ()
    """what the versions are called in the analysis, in the order of the folders; their folders' names if not given. Raters never
    see them"""
    protocol: Path | None = None
    """TOML file of the study: question, consent, session, device, rules of exclusion (docs/study.md). It is frozen into the key with
    its hash"""
    raters: int | None = None
    """make so many lists of trials, each with a page of its own; 1 if not given. 0: the study is to be served and has no page, as
    one with --pairs adaptive"""
    question: str | None = None
    """what raters are asked; "Which picture do you prefer?" if nothing says otherwise"""
    answers: Literal["two", "tie", "five"] | None = None
    """left or right; or no preference as well; or five steps"""
    view: Literal["side-by-side", "flicker", "toggle"] | None = None
    """side by side, in turn by itself, or one that the rater changes"""
    per_rater: int | None = None
    """pairs that each rater judges; 0: all"""
    votes_per_pair: int | None = None
    """votes after which a pair is not shown any more; 0: no limit"""
    pairs: Literal["full", "balanced", "adaptive"] | None = None
    """which pair comes next: in rounds over all, the least voted, or the one that tells most (served only)"""
    repeats: int | None = None
    """pairs that each rater sees a second time with sides flipped, to see how consistent raters are"""
    gold: int | None = None
    """pairs for each rater of which one is plainly spoiled, to see who looks; made of the study's own pictures"""
    gold_from: tuple[Path, Path] | None = None
    """take the gold pairs from two folders, GOOD and BAD, instead of making them"""
    traps: int | None = None
    """trials for each rater that say which side to choose, to see who reads"""
    training: int | None = None
    """pairs at the start that count for nothing, from obvious to subtle; 5 if nothing says otherwise"""
    max_scenes: int | None = None
    """show at most so many scenes, drawn at random; gold and training are made of the others"""
    long_edge: int = 2048
    """longest side of the pictures, px; larger ones are shrunk, all of a scene alike"""
    seed: int | None = None
    """decides sides, order and file names; drawn anew if not given, so that nobody can work out the key"""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, max_scenes=1, long_edge=16, seed=0, raters=0)
        checks.at_least(self, per_rater=0, votes_per_pair=0, repeats=0, gold=0, traps=0, training=0)
        if not 2 <= len(self.folders) <= len(ARMS):
            raise UsageError(f"{len(self.folders)} folders given: name 2 to {len(ARMS)}, one for each version")
        checks.no_address(*self.folders, cure="export pictures that `attiqa render` makes of them")
        checks.present(*self.folders, self.protocol, *(self.gold_from or ()))
        self._check_twins()
        if self.raters and self.pairs == "adaptive":
            raise UsageError(
                "--pairs adaptive: has to see votes, which pages do not; leave --raters out and serve the study"
            )
        if self.gold_from is not None and self.gold == 0:
            raise UsageError(
                "--gold 0: leaves no place for --gold-from; give how many each rater sees, or leave it out"
            )
        checks.new_folder(self.out)

    def _check_twins(self) -> None:
        real = [folder.resolve() for folder in self.folders]
        for place, folder in enumerate(self.folders):
            if real[place] in real[:place]:
                raise UsageError(f"{folder}: given twice; name a folder for each version")
        if self.names and len(self.names) != len(self.folders):
            raise UsageError(f"--names: {len(self.names)} for {len(self.folders)} folders; give one for each")
        names = self.arm_names()
        if twins := [name for place, name in enumerate(names) if name in names[:place]]:
            raise UsageError(f"two versions are called {twins[0]!r}; tell them apart with --names")

    def arm_names(self) -> tuple[str, ...]:
        """Return what the versions are called, in the order of their folders."""
        return self.names or tuple(folder.resolve().name for folder in self.folders)
