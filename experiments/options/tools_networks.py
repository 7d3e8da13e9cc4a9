"""Options of `attiqa tools networks`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import UsageError
from experiments.options import checks
from isp_env.tools.learned.recipe import NetworkRecipe
from isp_env.tools.learned.table import NETWORKS

SMALLEST_PATCH = 16


@dataclass(frozen=True)
class Config:
    """Train the learned tools on photos that nothing is wrong with: each network against one planted defect."""

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Image files, folders or .tar shards of good photos, two at least and better hundreds."""
    out: Path = Path("runs/tools-networks")
    """Run folder to write; it can stand in for the networks that ship."""
    networks: tuple[str, ...] = tuple(NETWORKS)
    """Which to train; with --resume, others than before may be named."""
    short_edge: int = 512
    """Short edge in px that the photos are brought to."""
    steps: int = NetworkRecipe.steps
    """Steps of each network."""
    batch: int = NetworkRecipe.batch
    """Photos per step."""
    patch: int = NetworkRecipe.patch
    """Side in px of the crops; for exposure and white balance, of the whole photo reduced."""
    clean: float = NetworkRecipe.clean
    """Share of the photos that are shown as they are, so that a network learns to leave them alone."""
    lr: float = NetworkRecipe.lr
    """Highest learning rate of Adam."""
    held_out: float = 0.1
    """Share of the photos, drawn by the seed, that no network learns from and on which all are measured."""
    test_on: tuple[Path, ...] = ()
    """Other photos to measure the finished networks on, each folder or file by itself, beside classical tools."""
    cache_gb: float = 4.0
    """Memory for decoded photos; those that do not fit are decoded each time."""
    seed: int = 0
    """Seed of everything random."""
    device: str = "auto"
    """auto, cpu or cuda."""
    resume: bool = False
    """Go on in --out: finished networks are kept, the next one goes on from its last round."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.named(self.photos, "no photos named; give image files, folders or .tar shards")
        checks.at_least(self, steps=1, batch=1, patch=SMALLEST_PATCH, cache_gb=0)
        checks.above_zero(self, "lr")
        checks.shares_below_one(self, "clean", "held_out")
        checks.seed(self)
        for name in self.networks:
            if name not in NETWORKS:
                raise UsageError(f"--networks {name}: is none of {', '.join(NETWORKS)}")
        if not self.networks:
            raise UsageError(f"--networks: name at least one of {', '.join(NETWORKS)}")
        if self.patch + 16 > self.short_edge:
            raise UsageError(
                f"--patch {self.patch}: a crop and 16 px about it do not fit into --short-edge {self.short_edge}"
            )
        checks.present(*self.test_on)
        checks.new_folder(self.out, resume=self.resume)
