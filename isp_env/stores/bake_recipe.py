"""What a store is made of, in numbers; readable without torch."""

from dataclasses import dataclass
from typing import Literal

from isp_env.contexts.variations import EVERYTHING, ContextRanges
from isp_env.task import Task

Precision = Literal["uint16", "float32"]
"""Of stored samples: half the space, in steps that are even in the square root of light, or exact."""


@dataclass(frozen=True)
class BakeRecipe:
    """What is made of each raw and photo."""

    variants: int = 8
    """Varied contexts of each raw."""
    plain: bool = True
    """Keep each raw as it is, too."""
    photo_variants: int = 2
    """Varied contexts of each photo, every one by another camera."""
    right_white: float = 0.5
    """Share of the varied contexts of each raw and photo whose white balance was not missed."""
    proxy_px: int = Task.proxy_px
    crops: int = Task.crops
    square: bool = Task.square
    precision: Precision = "uint16"
    seed: int = 0
    ranges: ContextRanges = EVERYTHING
