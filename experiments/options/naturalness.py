"""Options of `attiqa naturalness`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from experiments.options import checks


@dataclass(frozen=True, kw_only=True)
class Config:
    """Fit two judges on pristine photos, without any human score: NIQE, and the naturalness of colours.

    They are for the benchmark's other columns: whatever trains a reward, these have not seen it.
    """

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Photos that nothing is wrong with, 20 at least and better hundreds: image files, webdataset .tar shards, or folders."""
    out: Path
    """Run folder to write; the judges are its folders `niqe` and `colour-naturalness`."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.named(self.photos, "no photos named; give image files, .tar shards or folders")
        checks.new_folder(self.out)
