"""Options of `attiqa fivek splits`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.splits import OWN, SPLITS, find_split, with_aliases

KNOWN = ", ".join(map(with_aliases, SPLITS))


@dataclass(frozen=True)
class Config:
    """Say which photos of MIT-Adobe FiveK the splits of the literature train on and judge by, and what is wrong with each.

    With a folder also how much of each side is there, and how its cameras differ between the sides.
    """

    name: Annotated[
        Positional[str], arg(help=f"{KNOWN}, or {OWN}, which needs --fivek; all of the literature's unless given")
    ] = ""
    fivek: Path | None = None
    """folder of FiveK: the extracted archive, or single files"""
    csv: Path | None = None
    """new file for the photos of the split: number, name, sides, licence, camera"""
    hold_out_cameras: tuple[str, ...] = ()
    """of the own split: cameras whose photos are all kept for the test, as D700 "Leica M8" """
    near_duplicates: bool = False
    """also look for photos that are almost the same on two sides"""
    distance: int = 4
    """how many of 64 bits of their difference hash near-duplicates may differ in"""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is read."""
        checks.folder_of_fivek(self.fivek)
        if self.name not in ("", OWN):
            find_split(self.name)
        if self.name == OWN and self.fivek is None:
            raise UsageError(f"{OWN}: is a split of the photos that are there; name their folder with --fivek")
        if self.name != OWN:
            refuse_unused(self, ("hold_out_cameras",), f"is about the split {OWN}")
        if not self.name:
            refuse_unused(self, ("csv", "near_duplicates"), "is about one split; name it")
        if self.fivek is None:
            refuse_unused(self, ("near_duplicates",), "needs the pictures; name their folder with --fivek")
        if not self.near_duplicates:
            refuse_unused(self, ("distance",), "is about --near-duplicates")
        if not 0 <= self.distance <= 16:
            raise UsageError(f"--distance {self.distance}: must be from 0 to 16 of 64 bits")
        if self.fivek is not None:
            FiveKFolder.open(self.fivek)
        checks.new_file(self.csv, "csv")
