"""Options of `attiqa doctor`."""

from dataclasses import dataclass
from pathlib import Path


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
