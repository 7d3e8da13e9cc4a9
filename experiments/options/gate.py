"""Options of `attiqa gate`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Ask a scorer, before it may be a reward, whether it sees through spoiled pictures."""

    scorer: Annotated[str, tyro.conf.Positional]
    """Name or folder of a scorer, or anything else that `attiqa score --scorer` takes."""
    photos: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """Good photos to spoil, which the scorer was not trained on; default those inside scikit-image and scikit-learn."""
    out: Path | None = None
    """Folder for gate.json; default the scorer's own, where `attiqa train` looks for it. A report there is renewed."""
    crops: int = 1
    """Crops that the scorer looks at: 1, as a reward does, or 5."""
    seed: int = 0
    """Seed of noise, colours and casts."""
    device: str = "auto"
    """auto, cpu or cuda."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.among(self, "crops", (1, 5))
        checks.seed(self)
        checks.present(*self.photos)
        if self.out is not None:
            checks.new_folder(self.out, resume=True)
