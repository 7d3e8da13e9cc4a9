"""Options of `attiqa score`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import UsageError
from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Score photographs with ATTIQA: MOS of about [0, 1] (higher is better), five attributes, and where the score comes from."""

    images: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Image files or folders."""
    scorer: str = "attiqa-mini"
    """Name of a shipped scorer, the folder of one, "org/name@commit" on the hub, or an exported model.onnx (faster)."""
    crops: int = 5
    """5 crops averaged (the paper's way), or 1 (centre; faster); an exported model has its own."""
    csv: Path | None = None
    """Also write the table to this CSV; it grows as images are scored and is sorted at the end."""
    resume: bool = False
    """Go on with the images that --csv lacks."""
    maps: Path | None = None
    """Also write, per image, a picture of where its score and attributes come from to this new folder."""
    workers: int | None = None
    """Images scored at a time; default one a core. Scores do not depend on it."""
    device: str = "auto"
    """auto, cpu or cuda."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, workers=1)
        checks.among(self, "crops", (1, 5))
        if self.resume and self.csv is None:
            raise UsageError("--resume goes on with a table; name it with --csv")
        if self.csv is not None:
            checks.place_of_file(self.csv, "csv")
        if self.csv is not None and self.csv.exists() and not self.resume:
            raise UsageError(f"--csv {self.csv}: exists already; name another file, remove it, or go on with --resume")
        if self.maps is not None:
            checks.new_folder(self.maps, "maps", resume=self.resume)
            if self.scorer.endswith(".onnx"):
                raise UsageError("--maps: an exported model has no gradients; name the scorer it was exported from")
        checks.named(self.images, "no images named; give image files or folders")
