"""Options of `attiqa doctor`."""

from dataclasses import dataclass
from pathlib import Path

from attiqa_core.errors import UsageError


@dataclass(frozen=True)
class Config:
    """Say what is here: data sets and whether they are whole, CLIP weights, ImageNet, torch and disk; and how to get the rest."""

    data: Path = Path("data")
    """Folder that holds the data sets, each in a folder of its own (three levels are looked through)."""
    check_images: bool = False
    """Also look at the end of every image file for what was cut off (JPEG, PNG, BMP)."""
    near_duplicates: bool = False
    """Also look for pictures that are almost the same: in training and test, or anywhere without an official split."""
    distance: int = 4
    """How many of 64 bits of their difference hash near-duplicates may differ in."""

    def check(self) -> None:
        """Raises: UsageError for a distance that would call everything a duplicate."""
        if not 0 <= self.distance <= 16:
            raise UsageError(f"--distance {self.distance}: must be from 0 to 16 of 64 bits")
