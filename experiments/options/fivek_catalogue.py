"""Options of `attiqa fivek catalogue`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.errors import InputError, UsageError
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused
from isp_env.fivek.photos import NUMBERS, PHOTOS


@dataclass(frozen=True)
class Config:
    """Read Lightroom's catalogue of FiveK, without Lightroom: what the experts did, as a CSV. Nothing is written to the catalogue."""

    catalogue: Annotated[Path, tyro.conf.Positional]
    """fivek.lrcat, or a folder of FiveK that holds raw_photos/fivek.lrcat."""
    csv: Path | None = None
    """New file for the table: one row for each photo and collection. Without it, the collections are listed."""
    expert: tuple[Literal["a", "b", "c", "d", "e"], ...] = ()
    """Only these experts; default all five, where no --collection is named."""
    collection: tuple[str, ...] = ()
    """Other collections, by name or by parent and name, as Inputs/InputAsShotZeroed."""
    photo: tuple[int, ...] = ()
    """Only the photos of these numbers, 1 to 5000."""
    params: bool = False
    """Also the sliders as our parameters: a start for a fit, which closes 39 % of the way to the expert where fitting closes 85 %."""
    raws: Path | None = None
    """Folder of FiveK, or of its raws, for the camera's white balance in --params; default the folder named as CATALOGUE. Without a
    photo's raw it is Lightroom's own number, which two photos in three have."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is read."""
        checks.folder_of_fivek(self.catalogue)
        checks.folder_of_fivek(self.raws)
        checks.present(self.catalogue, self.raws)
        if self.csv is None:
            refuse_unused(self, ("expert", "collection", "photo", "params"), "is about the table: add --csv FILE.csv")
        else:
            checks.place_of_file(self.csv, "csv")
            checks.new_file(self.csv, "csv")
            if self.csv.suffix.lower() != ".csv":
                raise UsageError(f"--csv {self.csv}: name a file that ends in .csv")
        for number in self.photo:
            if number not in NUMBERS:
                raise UsageError(f"--photo {number}: FiveK's photos are 1 to {PHOTOS}")
        if not self.params:
            refuse_unused(self, ("raws",), "is for --params")
        if self.raws is not None and not self.raws.is_dir():
            raise InputError(f"{self.raws}: is a file; name a folder of raws")
