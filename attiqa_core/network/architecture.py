"""What a network is, in numbers and words: stored beside every set of weights, and quick to load."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import InputError
from attiqa_core.files.described import Finite, Name, Pixels, Positive, Words

Pooling = Literal["last", "stages"]
"""What the heads see: the mean of the encoder's last map (the paper's), or mean and deviation of every stage's map."""

Regressor = Literal["mlp", "linear", "guarded"]
"""What turns features into the MOS: an MLP on the heads' hidden features (the paper's), or a linear map of hidden and
pooled features, which few rated images cannot overfit; guarded is linear and wary of spoiled pictures."""

PAPERS_REGRESSOR: Regressor = "mlp"

StoredRegressor = Literal["mlp", "linear", "guarded", "settings"]
"""settings is nobody's opinion: 1, less what it costs that chroma, white, exposure or contrast are off (`attiqa settings`)."""

Precision = Literal["fp32", "bf16"]
"""What an encoder computes in."""

PrecisionOrAuto = Literal["auto", Precision]
"""auto: bf16 where it is fast."""

CROP_STEP = 32
"""Crops of several sizes are multiples of this many px: encoders halve a picture five times."""

WHOLE_ENCODER = "all"
"""Stands for every part of the encoder, where parts to freeze are named."""


@dataclass(frozen=True)
class Architecture:
    """What it takes to build the network again; stored beside every set of weights."""

    backbone: Name = "resnet50"
    hidden: Annotated[int, Meta(ge=1, le=8192)] = 512
    mean: tuple[Finite, Finite, Finite] = (0.485, 0.456, 0.406)
    std: tuple[Positive, Positive, Positive] = (0.229, 0.224, 0.225)
    pooling: Pooling = "last"
    regressor: StoredRegressor = PAPERS_REGRESSOR
    attributes: Annotated[tuple[Words, ...], Meta(min_length=1, max_length=64)] = ATTRIBUTES
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
    """How an image reaches the network: its shorter edge to `resize` px (antialiased bilinear), then square crops of
    `crop` px.

    `sizes` are the shortest and the longest edge, in px, that a network was trained over: a picture between them is read
    at its own size, another at the nearest of the two, and crops keep their share of the picture.
    """

    resize: Pixels = 340
    crop: Pixels = 320
    sizes: tuple[Pixels, Pixels] | None = None

    def at(self, short_edge: int) -> tuple[int, int]:
        """Return the short edge and the crop, in px, at which a picture of this short edge is read."""
        if self.sizes is None:
            return self.resize, self.crop
        low, high = self.sizes
        edge = min(max(short_edge, low), high)
        return edge, max(CROP_STEP, edge * self.crop // self.resize // CROP_STEP * CROP_STEP)

    def crops(self) -> tuple[int, ...]:
        """Return the sides of the crops that pictures of all sizes have, the largest first."""
        if self.sizes is None:
            return (self.crop,)
        low, high = (self.at(edge)[1] for edge in self.sizes)
        return tuple(range(high, low - 1, -CROP_STEP))

    @classmethod
    def from_dict(cls, described: dict) -> "Preprocessing":
        sizes = described.get("sizes")
        return cls(described["resize"], described["crop"], tuple(sizes) if sizes else None)


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
