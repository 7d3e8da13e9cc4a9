"""Options of `attiqa clip-iqa`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.training.recipe import ClipIqaRecipe
from experiments.options import checks
from experiments.options.rated_data import RatedData


@dataclass(frozen=True)
class Config:
    """Train CLIP-IQA+: learned prompts for a frozen CLIP, from images with human scores."""

    scores: Annotated[Path, tyro.conf.Positional]
    """A data set in its original files, or a CSV with the columns image,mos."""
    out: Path = Path("runs/clip-iqa")
    """Run folder to write; it is a judge that names the CLIP weights it needs."""
    clip_model: str = "RN50"
    """An architecture of open_clip."""
    clip_weights: str = "openai"
    """open_clip weights: a hub tag or a local file."""
    clip_activation: Literal["auto", "gelu", "quick-gelu"] = "auto"
    """What CLIP weights from a file were trained with: quick-gelu (OpenAI's) or gelu (LAION's)."""
    view: Literal["native", "crop"] = "native"
    """The whole picture at its own resolution (ResNets only, as the original), or CLIP's own crops."""
    prompts: tuple[str, str] = ("Good photo.", "Bad photo.")
    """Positive and negative prompt that the learned words stand before."""
    tokens: int = ClipIqaRecipe.tokens
    """Learned vectors before each prompt."""
    shared: bool = ClipIqaRecipe.shared
    """Learn one set of vectors for both prompts instead of two."""
    held_out: float = 0.2
    """Share of images set apart, drawn by the seed, whose SROCC is printed; an official split is used instead if there is one."""
    epochs: int = ClipIqaRecipe.epochs
    """Passes over the images, which are embedded once."""
    batch: int = ClipIqaRecipe.batch
    """Images per step."""
    lr: float = ClipIqaRecipe.lr
    """Learning rate of AdamW."""
    data: RatedData = field(default_factory=RatedData)
    """How the scores are read."""
    seed: int = 0
    """Seed of everything random."""
    device: str = "auto"
    """auto, cpu or cuda."""
    resume: bool = False
    """Go on from the last finished epoch in --out."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, tokens=1, epochs=1, batch=1)
        checks.above_zero(self, "lr")
        checks.shares_below_one(self, "held_out")
        checks.seed(self)
        self.data.check(self.scores)
        checks.new_folder(self.out, resume=self.resume)
