"""Options of `attiqa compare`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import UsageError
from attiqa_core.photos.places import is_folder
from attiqa_core.remote.address import as_written
from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Compare two images, or two folders paired by file name: MOS and attribute differences with a paired test."""

    a: Annotated[Path, tyro.conf.Positional]
    """An image, or a folder of images."""
    b: Annotated[Path, tyro.conf.Positional]
    """Another image, or a folder whose images bear the same names (suffixes may differ)."""
    scorer: str = "attiqa-mini"
    """Name of a shipped scorer, the folder of one, "org/name@commit" on the hub, or an exported model.onnx."""
    crops: int = 5
    """5 crops averaged (the paper's way), or 1 (centre; faster)."""
    csv: Path | None = None
    """Also write every pair's values to this CSV."""
    json: Path | None = None
    """Also write the table to this JSON file."""
    sheet: Path | None = None
    """Two images: also write them side by side, with their scores, to this PNG."""
    workers: int | None = None
    """Images scored at a time; default one a core."""
    device: str = "auto"
    """auto, cpu or cuda."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, workers=1)
        checks.among(self, "crops", (1, 5))
        for name in ("csv", "json", "sheet"):
            checks.new_file(getattr(self, name), name)
        checks.no_address(self.a, self.b, cure="compare pictures that `attiqa render` makes of them")
        checks.photos(self.a, self.b)
        if is_folder(self.a) != is_folder(self.b):
            raise UsageError(
                f"{as_written(self.a)} and {as_written(self.b)}: one is a folder and one a file; name two of a kind"
            )
        if self.sheet is not None and is_folder(self.a):
            raise UsageError(
                "--sheet: is of two images, not of folders; `attiqa study export` shows folders side by side"
            )
