"""Options of `attiqa pretrain`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.errors import UsageError
from attiqa_core.network.architecture import Architecture, Pooling, Precision
from attiqa_core.teachers import TEACHERS, VERSIONS
from attiqa_core.training.recipe import Objective, PretrainRecipe
from experiments.options import checks
from experiments.options.choices import one_of
from experiments.options.refuse_unused import refuse_unused
from experiments.options.teachers import TEACHING, refuse_foreign_options


@dataclass(frozen=True)
class Config:
    """Pretrain a network to rank photos by attributes, as teachers do (ATTIQA, section 3.4).

    Several GPUs: torchrun --nproc-per-node 4 -m attiqa_isp pretrain ... with the same options; --batch stays the whole batch.
    """

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """Unlabelled photos: image files, folders or .tar shards. With --labels they may be left out, if they did not move."""
    out: Path = Path("runs/pretrain")
    """Run folder to write."""
    labels: Path | None = None
    """Run folder of `attiqa label`: its labels teach. Which prompts made them is the choice of the prompt ablations."""
    teachers: tuple[Annotated[str, one_of(TEACHING)], ...] = ()
    """Who orders crops as they are made: the first makes the images, the others label the same ones. clip without --labels."""
    prompts: str = "table1"
    """Prompts of the clip teacher: table1 (the paper's), single (quality alone), or a run of `attiqa prompts`."""
    prompt_set: str = "joint"
    """Which set of that run: joint, task1, task2, median or worst."""
    clip_model: str = "ViT-B-16"
    """Which CLIP the clip teacher is: an architecture of open_clip, or hf-hub:org/name, or local-dir:/folder."""
    clip_weights: str = "openai"
    """open_clip weights of the clip teacher: a hub tag or a local file."""
    clip_activation: Literal["auto", "gelu", "quick-gelu"] = "auto"
    """What CLIP weights from a file were trained with: quick-gelu (OpenAI's) or gelu (LAION's)."""
    objective: Literal["ranking", "l2"] = Objective.kind
    """Rank as the teachers do, or hit the probabilities sigmoid(100 * label) of CLIP labels (an ablation of the paper)."""
    margin: float = Objective.margin
    """Margin of the ranking loss (the paper's value)."""
    pairs: Literal["in-batch", "random"] = Objective.pairs
    """Rank all pairs of a batch, or a random pairing of it."""
    tie_tolerance: float = Objective.tie_tolerance
    """Labels that differ by no more than this are a tie, and not ranked."""
    backbone: str = Architecture.backbone
    """Any timm backbone (resnet50 is the paper's), or torchvision:NAME."""
    hidden: int = Architecture.hidden
    """Width of each attribute head."""
    pooling: Pooling = Architecture.pooling
    """What the heads see: the encoder's last map averaged (the paper's), or mean and deviation of every stage."""
    init: str = "random"
    """Encoder's start: random, imagenet, or the pretrained.safetensors of another pretraining."""
    freeze: tuple[str, ...] = ()
    """Parts of the encoder to keep as they are, e.g. conv_stem blocks.0, or all: then only the heads learn."""
    epochs: int = PretrainRecipe.epochs
    """Passes over the photos."""
    batch: int = PretrainRecipe.batch
    """Photos per step, over all processes; the degradation teacher makes `versions` images of each."""
    accumulate: int = PretrainRecipe.accumulate
    """Take each step's batch in so many parts, to save memory; pairs are ranked within a part."""
    versions: int = VERSIONS
    """Distorted versions of each photo in a lesson of the degradation teacher."""
    resize: int = 256
    """Short edge of the photos in px before cropping."""
    crop: int = PretrainRecipe.crop
    """Side of the random training crops in px."""
    optimizer: Literal["sgd", "adamw"] = PretrainRecipe.optimizer
    """SGD with momentum 0.9, or AdamW."""
    lr: float = PretrainRecipe.lr
    """Learning rate at 256 photos per step; scaled linearly with the batch."""
    warmup: float = PretrainRecipe.warmup
    """Share of the steps in which the learning rate rises; then it falls along a cosine."""
    weight_decay: float = PretrainRecipe.weight_decay
    """Weight decay."""
    precision: Precision = PretrainRecipe.precision
    """What the encoder computes in; weights, heads and losses stay fp32."""
    held_out: int = 0
    """Photos set apart, drawn by the seed, to log the ranking accuracy on after each epoch."""
    cache_gb: float = 4.0
    """Memory for decoded photos per process, in 2**30 bytes; what does not fit is decoded again each epoch."""
    checkpoint_minutes: float = 10.0
    """Store the state this often within an epoch, besides after each."""
    seed: int = 0
    """Seed of everything random."""
    device: str = "auto"
    """auto, cpu or cuda."""
    compile: bool = False
    """Compile the encoder (torch.compile): about twice as fast after a minute's start."""
    resume: bool = False
    """Go on from the last checkpoint in --out, to the same result as without the interruption."""

    @property
    def teacher_names(self) -> tuple[str, ...]:
        """Who teaches beside the labels: clip where nobody is named."""
        return self.teachers or (() if self.labels else ("clip",))

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        least = {"epochs": 1, "batch": 2, "accumulate": 1, "held_out": 0, "crop": 1, "hidden": 1}
        checks.at_least(self, **least, versions=2)  # one version alone has nothing to be compared with
        checks.at_least(self, cache_gb=0, checkpoint_minutes=0, tie_tolerance=0, weight_decay=0)
        checks.above_zero(self, "lr")
        if not 0 <= self.warmup <= 1:
            raise UsageError(f"--warmup {self.warmup:g}: give a share of the steps between 0 and 1")
        checks.seed(self)
        if self.crop > self.resize:
            raise UsageError(f"--crop {self.crop}: is larger than the photos' short edge, --resize {self.resize}")
        self._check_teachers()
        if not self.photos and self.labels is None:
            raise UsageError("no photos named; give image files, folders or .tar shards, or --labels RUN")
        checks.present(*self.photos, self.labels, None if self.init in ("random", "imagenet") else Path(self.init))
        checks.new_folder(self.out, resume=self.resume)

    def _check_teachers(self) -> None:
        """Raises: UsageError for options that would have no effect with these teachers."""
        names = self.teacher_names
        refuse_foreign_options(self, names, "is about the {name} teacher, which takes no part")
        if self.objective == "l2":
            refuse_unused(self, ("margin", "pairs", "tie_tolerance"), "is about --objective ranking, not l2")
            without = [name for name in names if not TEACHERS[name].gives_probabilities]
            if without:
                of_use = " or ".join(["--labels", *(name for name in TEACHING if TEACHERS[name].gives_probabilities)])
                raise UsageError(f"--objective l2: no probabilities come from {' and '.join(without)}; use {of_use}")
