"""How a network is fine-tuned: the options that `finetune` and `evaluate` share, and how options become a recipe."""

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from attiqa_core.errors import UsageError
from attiqa_core.network.architecture import (
    PAPERS_REGRESSOR,
    WHOLE_ENCODER,
    Architecture,
    Pooling,
    Precision,
    Preprocessing,
    Regressor,
)
from attiqa_core.training.recipe import Corruptions, FinetuneRecipe, Start
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused

T = TypeVar("T")

OF_EPOCHS = (
    *("epochs", "batch", "lr", "new_layers_factor", "weight_decay", "loss", "correlation_weight"),
    *("flip", "warmup", "decay_norms", "average", "blend", "clip_norm"),
)
"""Options of a training by epochs, which a regressor that is solved for does without."""

OF_THE_ENCODER = ("fixed_statistics", "corrupted", "ladders", "sizes", "precision")
"""Options of a training in which the encoder learns."""


def recipe_of(kind: type[T], options: object, **given: Any) -> T:
    """Return the library's recipe of this kind: its numbers are given, or those of the options of the same names."""
    known = {each.name for each in fields(options)} - given.keys()  # type: ignore[arg-type]
    return kind(**{each.name: getattr(options, each.name) for each in fields(kind) if each.name in known}, **given)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Recipe:
    """Options of fine-tuning; the defaults are the paper's, or ours where the paper is silent."""

    pooling: Pooling = Architecture.pooling
    """What the heads see: the encoder's last map averaged (the paper's), or mean and deviation of every stage."""
    regressor: Regressor = PAPERS_REGRESSOR
    """mlp (the paper's), or linear: solved exactly on a frozen encoder, so that epochs, lr and loss play no part;
    guarded: linear, and taught that spoiled pictures score below their photos, for a scorer that is to be a reward."""
    spoiled: int = FinetuneRecipe.spoiled
    """Spoiled versions of each training picture (noise, blur, halos, casts, ...) for a guarded regressor."""
    epochs: int = FinetuneRecipe.epochs
    """Epochs; the last one is what is stored."""
    batch: int = FinetuneRecipe.batch
    """Images per step."""
    resize: int = Preprocessing.resize
    """Short edge in px, in training and in the scorer."""
    crop: int = FinetuneRecipe.crop
    """Side of the crops in px, in training and in the scorer."""
    lr: float = FinetuneRecipe.lr
    """Learning rate of the pretrained layers."""
    new_layers_factor: float = FinetuneRecipe.new_layers_factor
    """The regressor's learning rate is this many times higher."""
    weight_decay: float = FinetuneRecipe.weight_decay
    """Weight decay of AdamW."""
    loss: Literal["smooth-l1", "mse"] = FinetuneRecipe.loss
    """Fit to the MOS."""
    correlation_weight: float = FinetuneRecipe.correlation_weight
    """Weight of (1 - Pearson correlation) / 2 over the batch, added to the loss."""
    flip: bool = FinetuneRecipe.flip
    """Mirror half of the training crops."""
    warmup: float = FinetuneRecipe.warmup
    """Share of the steps in which the learning rate rises; then it falls along a cosine. 0: no warm-up."""
    decay_norms: bool = FinetuneRecipe.decay_norms
    """Weight decay also on scales and shifts of normalisations, and on biases."""
    start: Start = FinetuneRecipe.start
    """fresh, or ridge: a linear regressor is solved for first, and then learns with all the rest; kept: that of --further."""
    fixed_statistics: bool = FinetuneRecipe.fixed_statistics
    """Keep the encoder's batch statistics as they are while it learns."""
    average: float = FinetuneRecipe.average
    """Decay of the moving average of the weights, which is what is stored; 0: the last step's weights are."""
    blend: float = FinetuneRecipe.blend
    """Share of what was learned in the weights that are stored, the rest is the start's; 1: only what was learned."""
    clip_norm: float = FinetuneRecipe.clip_norm
    """Longest gradient of a step; 0: of any length."""
    corrupted: float = FinetuneRecipe.corrupted
    """Weight of what half of the photos lack to score 0.1 above corrupted versions of themselves; 0: none are made."""
    corruptions: Corruptions = FinetuneRecipe.corruptions
    """trained: those that the gate calls trained, for a scorer that is to pass it; held-out: the others; all: both, for a judge."""
    ladders: float = FinetuneRecipe.ladders
    """Weight of what good photos lack to score above versions changed a little, and those above versions changed more."""
    ladder_scenes: int = FinetuneRecipe.ladder_scenes
    """Scenes of each step whose ladders are shown, three pictures each."""
    ladder_kinds: tuple[Literal["photo", "peak", "isp", "attack"], ...] = ("photo", "isp", "attack")
    """photo: chroma, casts, exposure, contrast, veil, hue, detail, noise; peak: the photo between two versions, set otherwise by the
    same amount either way, above the harder of which it has to score; isp: renders along the controls of our own ISP;
    attack: renders that the scorer itself, as it learns, is led to like. The scenes of a step are shared alike by photo, peak and
    the other two, which take turns."""
    pristine: tuple[Path, ...] = ()
    """Files or folders of good photos for the ladders; default the best rated third of the photos trained on."""
    best_rated: float = 0.0
    """Share of the photos trained on, the best rated, that count as good ones beside --pristine."""
    sizes: tuple[int, int] | None = FinetuneRecipe.sizes
    """Shortest and longest short edge in px to train over, and to score at without resizing; default --resize alone."""
    precision: Precision = FinetuneRecipe.precision
    """What the encoder computes in while it is trained: fp32, or bf16 (for GPUs)."""
    freeze: tuple[str, ...] = ()
    """Parts of the encoder to keep as they are, e.g. conv_stem blocks.0, or all: faster, and less to overfit."""

    @property
    def encoder_is_frozen(self) -> bool:
        return WHOLE_ENCODER in self.freeze

    @property
    def runs_uncompiled(self) -> str:
        """Why an encoder that is to be compiled would not be; empty if it would."""
        if self.encoder_is_frozen:
            return "with --freeze all each picture passes the encoder once, uncompiled"
        return (
            "--fixed-statistics folds them into the kernels in every step, uncompiled" if self.fixed_statistics else ""
        )

    def check(self, *, probes_only: bool = False, head_learns: bool = False) -> None:
        """Raises: UsageError for numbers out of range, options that would have no effect, and an encoder that would learn
        though the regressor is solved for; with `probes_only` it is frozen anyway, with `head_learns` a kept one need not learn."""
        if self.batch < 1 or self.epochs < 1 or self.crop < 1 or self.spoiled < 1:
            raise UsageError("--batch, --epochs, --crop and --spoiled: give at least 1")
        if self.crop > self.resize:
            raise UsageError(
                f"--crop {self.crop}: is larger than the pictures' short edge, --resize {self.resize}; make it smaller"
            )
        from_ridge = self.start == "ridge"
        if from_ridge and self.regressor != "linear":
            raise UsageError("--start ridge: is about a linear regressor; add --regressor linear")
        if from_ridge and self.encoder_is_frozen:
            raise UsageError(
                "--start ridge: with --freeze all the ridge regression is the end, too; leave one of them out"
            )
        if self.start == "kept" and self.encoder_is_frozen and not head_learns:
            raise UsageError("--start kept: a kept regressor learns with the encoder; leave out --freeze all")
        if self.regressor != "mlp" and not (self.encoder_is_frozen or probes_only or self.start != "fresh"):
            cure = ", or --start ridge to train it on" if self.regressor == "linear" else ""
            raise UsageError(f"--regressor {self.regressor}: is solved for on a frozen encoder; add --freeze all{cure}")
        if self.sizes is not None and not 32 <= self.sizes[0] <= self.sizes[1]:
            raise UsageError(f"--sizes {self.sizes[0]} {self.sizes[1]}: give the smaller first, at least 32")
        checks.shares_below_one(self, "average")
        checks.at_least(self, clip_norm=0, corrupted=0, ladders=0, ladder_scenes=1)
        checks.present(*self.pristine)
        if not self.ladder_kinds:
            raise UsageError("--ladder-kinds: name at least one of photo, peak, isp and attack")
        for name in ("warmup", "blend", "best_rated"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"--{name.replace('_', '-')} {getattr(self, name):g}: is a share, from 0 to 1")
        self._refuse_unused()

    def _refuse_unused(self) -> None:
        if self.regressor != "guarded":
            refuse_unused(self, ("spoiled",), "is about --regressor guarded")
        if self.regressor != "mlp" and self.start == "fresh":
            refuse_unused(
                self, OF_EPOCHS, f"is about --regressor mlp; a {self.regressor} one is solved for, not trained"
            )
        if self.batch == 1:
            refuse_unused(self, ("correlation_weight",), "a --batch of 1 image has no correlation")
        if self.encoder_is_frozen:
            refuse_unused(self, ("flip",), "with --freeze all each picture's five crops are seen as they are")
            refuse_unused(self, OF_THE_ENCODER, "is about an encoder that learns; leave out --freeze all, or it")
        if not self.corrupted:
            refuse_unused(self, ("corruptions",), "is about --corrupted, which is 0")
        if not self.ladders:
            refuse_unused(
                self, ("ladder_scenes", "ladder_kinds", "pristine", "best_rated"), "is about --ladders, which are off"
            )
        elif not self.pristine:
            refuse_unused(
                self, ("best_rated",), "stands beside --pristine; without it the best rated third are the good photos"
            )
        if self.weight_decay == 0:
            refuse_unused(self, ("decay_norms",), "there is no decay with --weight-decay 0")

    def as_of(self, arch: Architecture, preprocessing: Preprocessing) -> "Recipe":
        """Return this recipe with the pooling and the regressor of a stored scorer, which reads pictures as it did before."""
        return replace(self, pooling=arch.pooling, regressor=arch.regressor, **asdict(preprocessing))

    def training(self) -> FinetuneRecipe:
        """Return what `attiqa_core.training.finetune.finetune` takes."""
        return recipe_of(FinetuneRecipe, self)

    def described(self) -> dict[str, Any]:
        """Return what a scorer's description records of it."""
        kept = {"frozen": list(self.freeze), "regressor": self.regressor}
        if self.regressor == "mlp" or self.start != "fresh":
            numbers = asdict(self.training())
            return {**kept, "regressor starts": numbers.pop("start"), **numbers}
        return {**kept, "spoiled": self.spoiled} if self.regressor == "guarded" else kept
