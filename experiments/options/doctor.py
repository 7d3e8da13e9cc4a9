"""Options of `attiqa doctor`."""

from dataclasses import dataclass
from pathlib import Path

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused


@dataclass(frozen=True)
class Config:
    """Say what this machine can do (installation, threads, memory, disk, devices, codecs, extras, models offline), and what data is here."""

    data: Path = Path("data")
    """Folder that holds the data sets, each in a folder of its own (three levels are looked through)."""
    fivek: Path | None = None
    """Look at this folder of MIT-Adobe FiveK instead: what is there, missing, damaged or doubtful, by name."""
    json: bool = False
    """Print it as one JSON object, for programs."""
    check_images: bool = False
    """Also look at the end of every image file for what was cut off (JPEG, PNG, BMP); of FiveK, decode every picture."""
    near_duplicates: bool = False
    """Also look for pictures that are almost the same: in training and test, or anywhere without an official split."""
    distance: int = 4
    """How many of 64 bits of their difference hash near-duplicates may differ in."""

    def check(self) -> None:
        """Raises: UsageError for a distance that would call everything a duplicate; InputError if there is no FiveK in its folder."""
        if not 0 <= self.distance <= 16:
            raise UsageError(f"--distance {self.distance}: must be from 0 to 16 of 64 bits")
        if self.fivek is not None:
            refuse_unused(self, ("data",), "is about other data sets; --fivek looks at FiveK alone")
            refuse_unused(self, ("json",), "is about the machine and other data sets; --fivek looks at FiveK alone")
            checks.folder_of_fivek(self.fivek)
            from isp_env.fivek.folder import (
                FiveKFolder,  # here, so that a doctor can look at an installation without numpy
            )

            FiveKFolder.open(self.fivek)
