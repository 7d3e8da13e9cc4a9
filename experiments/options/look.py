"""Options of `attiqa look`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import InputError, UsageError
from experiments.options import checks
from experiments.options.render_folder import PAGE


@dataclass(frozen=True)
class Config:
    """Make a page of rendered pictures: before and after, zoom to 1:1, parameters, histograms. It opens without a server."""

    pictures: Annotated[Path, tyro.conf.Positional]
    """Folder that `attiqa render` wrote, or any folder of pictures."""
    before: tuple[Path, ...] = ()
    """Folders of other pictures of the same raws, below the same folders and names; default the camera defaults that a render kept."""
    out: Path | None = None
    """The page; default look.html in PICTURES. One that this command wrote is replaced, and its previews are used again."""
    full_size: bool = False
    """Also make a JPEG of full size of each picture that no browser shows (TIFF, JPEG XL), for the zoom to 1:1."""
    workers: int | None = None
    """Pictures read at a time; default one a core, 4 at most: each is held whole unless it is JPEG."""

    @property
    def page(self) -> Path:
        """Where the page goes."""
        return self.out or self.pictures / PAGE

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is read."""
        checks.at_least(self, workers=1)
        checks.no_address(
            self.pictures, *self.before, cure="name a folder of pictures, such as `attiqa render` makes of them"
        )
        checks.present(self.pictures, *self.before)
        for folder in (self.pictures, *self.before):
            if not folder.is_dir():
                raise InputError(f"{folder}: is a file; name a folder of pictures")
        if self.page.suffix.lower() not in (".html", ".htm"):
            raise UsageError(f"--out {self.page}: name a file that ends in .html")
        checks.place_of_file(self.page, "out")
        if same := next((each for each in self.before if each.resolve() == self.pictures.resolve()), None):
            raise UsageError(f"--before {same}: is the folder of PICTURES itself; name another one")
