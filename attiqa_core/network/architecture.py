"""What a network is, in numbers and words: stored beside every set of weights, and quick to load."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import InputError

Pooling = Literal["last", "stages"]
"""What the heads see: the mean of the encoder's last map (the paper's), or mean and deviation of every stage's map."""

Regressor = Literal["mlp", "linear", "guarded"]
"""What turns features into the MOS: an MLP on the heads' hidden features (the paper's), or a linear map of hidden and
pooled features, which few rated images cannot overfit; guarded is linear and wary of spoiled pictures."""

Precision = Literal["fp32", "bf16"]
"""What an encoder computes in."""

PrecisionOrAuto = Literal["auto", Precision]
"""auto: bf16 where it is fast."""

WHOLE_ENCODER = "all"
"""Stands for every part of the encoder, where parts to freeze are named."""


@dataclass(frozen=True)
class Architecture:
    """What it takes to build the network again; stored beside every set of weights."""

    backbone: str = "resnet50"
    hidden: int = 512
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    pooling: Pooling = "last"
    regressor: Regressor = "mlp"
    attributes: tuple[str, ...] = ATTRIBUTES
    """What each head scores, in order; a scorer has the five, the single-prompt ablation has one."""

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, described: dict) -> "Architecture":
        lists = {name: tuple(value) for name, value in described.items() if isinstance(value, list)}
        return cls(**{**described, **lists})

    def check_weights_of(self, other: "Architecture", source: Path) -> None:
        """Raises: InputError naming `source` and the first difference, if weights of `other` do not mean the same here.

        The regressor may differ: fine-tuning makes its own.
        """
        for name in ("backbone", "attributes", "pooling", "hidden"):
            theirs, ours = getattr(other, name), getattr(self, name)
            if theirs != ours:
                raise InputError(f"{source}: its {name} is {_shown(theirs)}, not {_shown(ours)}; ask for the same")


@dataclass(frozen=True)
class Preprocessing:
    """How an image reaches the network: shorter edge to `resize` px (antialiased bilinear), then `crop` px squares."""

    resize: int = 340
    crop: int = 320


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
