"""One picture made in code that shows whether an encoder still sees what it saw: the golden image.

Its pixels after preprocessing have a checksum, its embedding is kept beside everything that was embedded: a resize
without antialias, another GELU or other weights cannot slip in between two runs.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from attiqa_core.errors import InputError

CLIP_PIXELS_SHA256 = "c02adf6032bdee72d94391ac86e0c87d6ab29c1330b013aec02d54cf8020cfe4"
"""Of `golden_image` as 8-bit pixels after CLIP's preprocessing: antialiased bicubic, short edge and centre crop 224."""

TOLERANCE = {"fp32": 1e-4, "bf16": 1e-2}
"""Largest difference in a unit embedding of the same encoder on two machines; a wrong GELU makes about 1e-1."""


def golden_image() -> np.ndarray:
    """Return uint8 (384, 512, 3): ramps, fine and coarse checks and a bitwise pattern, in whole numbers only."""
    row, column = np.mgrid[:384, :512]
    red = (row * column // 97) % 256
    green = (row ^ column) % 256
    blue = ((row // 3 + column // 5) % 2) * 170 + column // 7
    return np.stack([red, green, blue], -1).astype(np.uint8)


def pixels_sha256(pixels: Tensor) -> str:
    """Return the SHA-256 of uint8 (3, height, width) pixels."""
    return hashlib.sha256(pixels.contiguous().numpy().tobytes()).hexdigest()


def check_pixels(found: str, preprocessing: dict) -> None:
    """Refuse a preprocessing that names itself CLIP's at 224 px and yields other pixels."""
    usual = (preprocessing.get("interpolation"), preprocessing.get("resize_mode")) == ("bicubic", "shortest")
    if usual and preprocessing.get("size") in (224, [224, 224]) and found != CLIP_PIXELS_SHA256:
        raise InputError(
            "CLIP's preprocessing gives other pixels than it should on the golden image (antialiased bicubic to 224); "
            "reinstall Pillow, torchvision and open_clip_torch"
        )


def same_encoder(one: Sequence[float], other: Sequence[float], precision: str) -> bool:
    """Whether two embeddings of the golden image come from the same encoder."""
    if len(one) != len(other):
        return False
    size = np.maximum(1.0, np.abs(one))  # labels of a teacher without embeddings are no unit vector
    return bool((np.abs(np.asarray(one) - np.asarray(other)) <= TOLERANCE[precision] * size).all())
