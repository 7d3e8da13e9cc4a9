"""Options of `attiqa score`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import UsageError
from attiqa_core.photos import places
from attiqa_core.photos.frames import is_pattern
from attiqa_core.remote.address import as_written
from experiments.options import checks
from experiments.options.scaling import ScalingOptions

PARTS = ".parts"
"""What the folder of what workers make of a table is called, after the table."""


@dataclass(frozen=True)
class Config:
    """Score photographs with ATTIQA: MOS of about [0, 1] (higher is better), five attributes, and where the score comes from."""

    images: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Image files or folders; or the frames of videos, a quoted pattern each, such as 'clip_%04d.png' or 'clip/*.png'."""
    scorer: str = "attiqa-mini"
    """Name of a shipped scorer, the folder of one, "org/name@commit" on the hub, or an exported model.onnx (faster)."""
    judges: tuple[str, ...] = ()
    """Further judges, a column each: any of `create_metric`. Each picture is decoded once for all of them."""
    crops: int = 5
    """5 crops averaged (the paper's way), or 1 (centre; faster); an exported model has its own."""
    csv: Path | None = None
    """Also write the table to this CSV; it grows as images are scored and is sorted at the end, frames by their numbers."""
    resume: bool = False
    """Go on with the images that --csv lacks."""
    maps: Path | None = None
    """Also write, per image, a picture of where its score and attributes come from to this new folder; of the first
    of the judges that is an ATTIQA scorer."""
    every: int = 1
    """Of frames, score each so many."""
    workers: int | None = None
    """Images scored at a time; default one a core. Scores do not depend on it."""
    device: str = "auto"
    """auto, cpu or cuda."""
    shard_size: int = 512
    """Pictures that a worker of --shard finishes at a time; a kill loses at most one such time's work."""
    scaling: ScalingOptions = field(default_factory=ScalingOptions)

    @property
    def all_judges(self) -> tuple[str, ...]:
        """The scorer and the further judges, as they were named."""
        return (self.scorer, *self.judges)

    @property
    def patterns(self) -> tuple[Path, ...]:
        """The named images that stand for the frames of a video."""
        return tuple(filter(is_pattern, self.images))

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, workers=1, every=1, shard_size=1)
        self.scaling.check()
        checks.among(self, "crops", (1, 5))
        if twice := next((name for name in self.all_judges if self.all_judges.count(name) > 1), None):
            raise UsageError(f"--judges {twice}: is named twice; --scorer is a judge already")
        self._check_table()
        self._check_shared()
        if self.maps is not None:
            checks.new_folder(self.maps, "maps", resume=self.resume)
            if all(name.endswith(".onnx") for name in self.all_judges):
                raise UsageError("--maps: an exported model has no gradients; name the scorer it was exported from")
        checks.no_address(*self.images, cure="score the pictures that `attiqa render` makes of them")
        if not self.patterns:
            checks.named_photos(self.images, "no images named; give image files or folders")
        elif len(self.patterns) < len(self.images):
            raise UsageError("IMAGES: give patterns of frames, or files and folders, not both in one command")
        if self.every > 1 and not self.patterns:
            raise UsageError("--every: is about frames; name them by a quoted pattern, such as 'clip_%04d.png'")

    def _check_table(self) -> None:
        if self.resume and self.csv is None:
            raise UsageError("--resume goes on with a table; name it with --csv")
        if self.csv is not None:
            checks.place_of_file(self.csv, "csv")
        if self.csv is not None and places.is_there(self.csv) and not self.resume and not self.scaling.is_shared:
            raise UsageError(
                f"--csv {as_written(self.csv)}: exists already; name another file, remove it, or go on with --resume"
            )

    def _check_shared(self) -> None:
        if not self.scaling.is_shared:
            return
        if self.csv is None:
            raise UsageError(f"{self.scaling.flag}: workers share a table; name it with --csv")
        if self.resume and self.scaling.shard is not None:
            raise UsageError("--shard: goes on by itself; leave --resume out")
        if self.maps is not None or self.patterns:
            raise UsageError(
                f"{self.scaling.flag}: is about the scores of pictures; make --maps, and sums of videos, in one process"
            )
        if places.is_there(self.csv):
            raise UsageError(f"--csv {as_written(self.csv)}: exists already; name another file, or move it elsewhere")


def parts_of(csv: Path) -> Path:
    """Return the folder of what the workers of a table make."""
    return csv.with_name(f"{csv.name}{PARTS}")
