"""Options of `attiqa merge`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Prove that the parts of a run are all there, each thing done once, and join them: the same files as of one process."""

    run: Annotated[Path, tyro.conf.Positional]
    """The folder that the workers wrote with --shard; of `attiqa score` that beside its table, TABLE.parts."""

    def check(self) -> None:
        """Raises: InputError if the folder is not there."""
        checks.photos(self.run)
