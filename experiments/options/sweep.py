"""Options of `attiqa sweep`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from experiments.options import checks
from experiments.options.ray_address import LOCAL, check_address, require_ray


@dataclass(frozen=True)
class Config:
    """Run a training command over many settings by Ray Tune (extra `scale`): lists, ranges, seeds; the validation part chooses."""

    sweep: Annotated[Path, tyro.conf.Positional]
    """TOML file: verb, [fixed] and [swept] options, search, trials, seeds; docs/scaling.md has an example."""
    out: Path = Path("runs/sweep")
    """Folder to write: a run folder for each trial, trials.csv, summary.json."""
    ray: str = LOCAL
    """local starts Ray here, auto or HOST:PORT joins a cluster, from one of its machines."""
    resume: bool = False
    """Go on in --out: trials that are done stay, those that were begun go on, those that failed are tried again."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.present(self.sweep)
        check_address(self.ray)
        require_ray()
        checks.new_folder(self.out, resume=self.resume)
