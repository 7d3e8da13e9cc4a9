"""How a network is fine-tuned: the options that `finetune` and `evaluate` share."""

from dataclasses import dataclass
from typing import Literal

from attiqa_core.errors import UsageError


@dataclass(frozen=True)
class Recipe:
    """Options of fine-tuning; the defaults are the paper's, or attiqa.md's where the paper is silent."""

    pooling: Literal["last", "stages"] = "last"
    """What the heads see: the encoder's last map averaged (the paper's), or mean and deviation of every stage."""
    regressor: Literal["mlp", "linear", "guarded"] = "mlp"
    """mlp (the paper's), or linear: solved exactly on a frozen encoder, so that epochs, lr and loss play no part;
    guarded: linear, and taught that spoiled pictures score below their photos, for a scorer that is to be a reward."""
    spoiled: int = 4
    """Spoiled versions of each training picture (noise, blur, halos, casts, ...) for a guarded regressor."""
    epochs: int = 100
    """Epochs; the last one is what is stored."""
    batch: int = 64
    """Images per step."""
    resize: int = 340
    """Short edge in px, in training and in the scorer."""
    crop: int = 320
    """Side of the crops in px, in training and in the scorer."""
    lr: float = 2e-5
    """Learning rate of the pretrained layers."""
    new_layers_factor: float = 10.0
    """The regressor's learning rate is this many times higher."""
    weight_decay: float = 1e-4
    """Weight decay of AdamW."""
    loss: Literal["smooth-l1", "mse"] = "smooth-l1"
    """Fit to the MOS."""
    correlation_weight: float = 0.0
    """Weight of (1 - Pearson correlation) / 2 over the batch, added to the loss."""
    freeze: tuple[str, ...] = ()
    """Parts of the encoder to keep as they are, e.g. conv_stem blocks.0, or all: faster, and less to overfit."""

    def check(self) -> None:
        """Raises: UsageError for crops that do not fit into the pictures, and for numbers out of range."""
        if self.batch < 1 or self.epochs < 1 or self.crop < 1:
            raise UsageError("--batch, --epochs and --crop: give at least 1")
        if self.crop > self.resize:
            raise UsageError(
                f"--crop {self.crop}: is larger than the pictures' short edge, --resize {self.resize}; make it smaller"
            )

    def training_options(self) -> dict:
        """Return what `attiqa_core.training.finetune.finetune` takes."""
        names = (
            "epochs",
            "batch",
            "crop",
            "lr",
            "new_layers_factor",
            "weight_decay",
            "loss",
            "correlation_weight",
            "spoiled",
        )
        return {name: getattr(self, name) for name in names}

    def described(self) -> dict:
        """Return what a scorer's description records of it."""
        kept = {"frozen": list(self.freeze), "regressor": self.regressor}
        if self.regressor == "mlp":
            return {**kept, **self.training_options()}
        return {**kept, "spoiled": self.spoiled} if self.regressor == "guarded" else kept
