"""Options of `attiqa settings`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.errors import UsageError
from attiqa_core.training.recipe import SettingsRecipe
from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Learn to read off a picture by how much its chroma, white, exposure and contrast are off, from photos without human scores.

    The result is a scorer, a judge of another family than one of people's opinions: its score falls as any setting is off,
    either way, and the columns of its attributes say by how much. With `SCORER+SETTINGS` both are one judge.
    """

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Files or folders of photos, most of which are set about as they should be."""
    out: Path = Path("runs/settings")
    """Run folder to write; the scorer lies in its scorer/."""
    test_on: tuple[Path, ...] = ()
    """Files or folders of photos that are not trained on: how well settings are read off them is told at the end."""
    backbone: str = "tf_efficientnet_lite0"
    """Encoder, of timm or torchvision."""
    init: Literal["imagenet", "random"] = "imagenet"
    """The encoder's start."""
    resize: int = 256
    """Short edge in px that photos are brought to."""
    sizes: tuple[int, int] = (192, 320)
    """Shortest and longest short edge in px that the scorer reads without resizing."""
    side: int = SettingsRecipe.side
    """Side in px of the squares that are trained on."""
    epochs: int = SettingsRecipe.epochs
    """Epochs, of as many squares as there are photos; the last one is what is stored."""
    batch: int = SettingsRecipe.batch
    """Squares per step."""
    lr: float = SettingsRecipe.lr
    """Learning rate of AdamW, for the encoder."""
    half: bool = False
    """Store the weights as fp16."""
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
        checks.at_least(self, epochs=1, batch=2, side=32, resize=32, cache_gb=0)
        if not 32 <= self.sizes[0] <= self.sizes[1]:
            raise UsageError(f"--sizes {self.sizes[0]} {self.sizes[1]}: give the smaller first, at least 32")
        if self.lr <= 0:
            raise UsageError(f"--lr {self.lr:g}: give more than 0")
        checks.seed(self)
        checks.present(*self.photos, *self.test_on)
        checks.new_folder(self.out, resume=self.resume)
