"""Options of `attiqa gate`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused
from isp_env.task import Task


@dataclass(frozen=True)
class Config:
    """Examine a scorer before it may be a reward: does it see through spoiled pictures, and what does climbing it make?"""

    scorer: Annotated[str, tyro.conf.Positional]
    """Name or folder of a scorer, or anything else that `attiqa score --scorer` takes."""
    photos: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """Good photos to spoil, which the scorer was not trained on; default those inside scikit-image and scikit-learn."""
    raws: tuple[Path, ...] = ()
    """Raw files or folders whose camera-default renders are attacked; without any there is no attack."""
    judges: tuple[str, ...] = ()
    """Judges of other kinds that say whether an attacked render is worse than the default."""
    steps: int = 64
    """Steps of the attack: gradient ascent through the ISP on the score alone."""
    proxy_px: int = Task.proxy_px
    """Side of the square proxies that are attacked."""
    out: Path | None = None
    """Folder for gate.json, gate.jpg and attack.jpg; default the scorer's own, where `attiqa train` looks, for a shipped
    one runs/gate/NAME. All are renewed."""
    crops: int = 1
    """Crops that the scorer looks at: 1, as a reward does, or 5."""
    seed: int = 0
    """Seed of noise, colours and casts."""
    device: str = "auto"
    """auto, cpu or cuda."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.among(self, "crops", (1, 5))
        checks.at_least(self, steps=1, proxy_px=32)
        checks.seed(self)
        if not self.raws:
            refuse_unused(self, ("judges", "steps", "proxy_px"), "is about the attack on --raws")
        checks.present(*self.photos, *self.raws)
        if self.out is not None:
            checks.new_folder(self.out, resume=True)
