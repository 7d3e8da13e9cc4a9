"""Options of `attiqa distil`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import UsageError
from attiqa_core.training.recipe import DistilRecipe
from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Make a fast scorer of a good one: the same network at a small size, taught on photos to score as the large one does."""

    scorer: Annotated[str, tyro.conf.Positional]
    """The teacher, which the student starts as: a shipped scorer's name or a folder."""
    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Files or folders of photos, without human scores."""
    out: Path = Path("runs/distil")
    """Run folder to write; the student lies in its scorer/."""
    test_on: tuple[Path, ...] = ()
    """Files or folders of photos that are not trained on: the two scorers' rank correlation there is told at the end."""
    resize: int = 500
    """Short edge in px that the photos are brought to; the teacher sees them so."""
    size: int = DistilRecipe.size
    """Short edge in px that the student brings every picture to."""
    crop: int = DistilRecipe.crop
    """Side of what it sees of that, in px."""
    epochs: int = DistilRecipe.epochs
    """Epochs; the last one is what is stored."""
    batch: int = DistilRecipe.batch
    """Photos of a step: half as they are, a quarter spoiled, a quarter changed a little."""
    lr: float = DistilRecipe.lr
    """Learning rate of AdamW."""
    half: bool = False
    """Store the student's weights as fp16."""
    seed: int = 0
    """Seed of everything random."""
    device: str = "auto"
    """auto, cpu or cuda."""
    cache_gb: float = 4.0
    """Memory for decoded photos, in 2**30 bytes; what does not fit is decoded again each epoch."""
    resume: bool = False
    """Go on from the last finished epoch in --out."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, epochs=1, batch=2, crop=32, size=32, resize=32, cache_gb=0)
        if not self.crop <= self.size <= self.resize:
            raise UsageError("--crop, --size, --resize: none may be larger than the next")
        if self.lr <= 0:
            raise UsageError(f"--lr {self.lr:g}: give more than 0")
        checks.seed(self)
        checks.present(*self.photos, *self.test_on)
        checks.new_folder(self.out, resume=self.resume)
