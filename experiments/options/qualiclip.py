"""Options of `attiqa qualiclip`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.errors import UsageError
from attiqa_core.network.architecture import Architecture, Pooling, Preprocessing
from attiqa_core.training.recipe import QualiClipRecipe
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused


@dataclass(frozen=True)
class Config:
    """Train QualiCLIP on pristine photos: rank degraded versions by their likeness to antonym prompts, without any score."""

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Image files, folders or .tar shards of pristine photos; no scores are read."""
    out: Path = Path("runs/qualiclip")
    """Run folder to write: a judge, and with --vision-backbone also a pretraining for `attiqa finetune`."""
    clip_model: str = "RN50"
    """An architecture of open_clip whose image encoder is trained; its text encoder stays frozen."""
    clip_weights: str = "openai"
    """open_clip weights: a hub tag or a local file."""
    clip_activation: Literal["auto", "gelu", "quick-gelu"] = "auto"
    """What CLIP weights from a file were trained with: quick-gelu (OpenAI's) or gelu (LAION's)."""
    vision_backbone: str | None = None
    """Train this timm backbone instead of a CLIP, against fixed random directions that stand in for the prompts."""
    init: str = "imagenet"
    """The backbone's start: random, imagenet, or the pretrained.safetensors of a pretraining."""
    pooling: Pooling = Architecture.pooling
    """What is pooled of the backbone: its last map, or mean and deviation of every stage."""
    hidden: int = Architecture.hidden
    """Width of the (untrained) attribute heads that are stored for `attiqa finetune`."""
    features: int = 512
    """Length of the stand-in's random prompt directions."""
    freeze: tuple[str, ...] = ()
    """Parts of the backbone to keep as they are, e.g. conv_stem bn1 blocks.0."""
    levels: int = QualiClipRecipe.levels
    """Versions of each photo, from untouched to severely degraded."""
    epochs: int = QualiClipRecipe.epochs
    """Passes over the photos; each photo meets one kind of degradation per pass."""
    batch: int = QualiClipRecipe.batch
    """Photos per step; each makes 2 x levels crops."""
    resize: int = Preprocessing.resize
    """Short edge of the photos in px, in training and in the judge."""
    crop: int = QualiClipRecipe.crop
    """Side of the crops in px, in training and in the judge."""
    spare: int = QualiClipRecipe.spare
    """How far the two crops of one version may lie apart, in px."""
    lr: float = QualiClipRecipe.lr
    """Learning rate of AdamW."""
    weight_decay: float = QualiClipRecipe.weight_decay
    """Weight decay."""
    margin: float = QualiClipRecipe.margin
    """Margin of the rankings, in cosine."""
    tolerance: float = QualiClipRecipe.tolerance
    """Difference of two equally degraded crops that costs nothing, in cosine."""
    consistency_weight: float = QualiClipRecipe.consistency_weight
    """Weight of the consistency of equally degraded crops."""
    held_out: int = 0
    """Photos set apart, drawn by the seed, on which the ranking accuracy is logged after each epoch."""
    cache_gb: float = 4.0
    """Memory for decoded photos; those that do not fit are decoded each time."""
    seed: int = 0
    """Seed of everything random."""
    device: str = "auto"
    """auto, cpu or cuda."""
    compile: bool = False
    """Compile the image encoder (torch.compile)."""
    resume: bool = False
    """Go on from the last finished epoch in --out."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, levels=2, epochs=1, batch=1, held_out=0, crop=1, spare=0, hidden=1, features=1)
        checks.at_least(self, cache_gb=0, weight_decay=0, consistency_weight=0)
        checks.above_zero(self, "lr")
        checks.seed(self)
        if self.crop + self.spare > self.resize:
            raise UsageError(
                f"--crop {self.crop} and --spare {self.spare} do not fit into --resize {self.resize}; enlarge --resize"
            )
        if self.spare >= self.crop:
            raise UsageError(f"--spare {self.spare}: crops of {self.crop} px would not overlap; make it smaller")
        if self.vision_backbone is None:
            of_backbone = ("init", "pooling", "hidden", "features", "freeze")
            refuse_unused(self, of_backbone, "is about a --vision-backbone, and none is given")
        else:
            of_clip = ("clip_model", "clip_weights", "clip_activation")
            refuse_unused(self, of_clip, f"is about a CLIP, and --vision-backbone {self.vision_backbone} is trained")
        checks.named(self.photos, "no photos named; give image files, folders or .tar shards")
        checks.new_folder(self.out, resume=self.resume)
