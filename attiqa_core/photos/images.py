"""Photographs as tensors: uint8 pictures, float NCHW sRGB in [0, 1], resizing and cropping."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Integer, Shaped, UInt8
from torch import Tensor

from attiqa_core.photos.decode import read_rgb
from attiqa_core.tensors import Images, Planes

Picture = UInt8[Tensor, "3 _height _width"]
"""One decoded photograph, 8-bit sRGB: what a cache in memory holds."""


MAX_ASPECT = 32
"""The widest panoramas are about 20 times as wide as they are high."""


def to_picture(rgb: np.ndarray) -> Picture:
    """Return uint8 (height, width, 3) as a contiguous uint8 (3, height, width) tensor."""
    return torch.from_numpy(rgb).permute(2, 0, 1).contiguous()


def read_picture(path: Path | str) -> Picture:
    """Return a photograph as a uint8 (3, height, width) tensor; errors as `read_rgb`."""
    return to_picture(read_rgb(path))


def to_images(pictures: Integer[Tensor, "*batch 3 height width"]) -> Float[Tensor, "*batch 3 height width"]:
    """Return 8-bit pictures as floats in [0, 1]; NCHW where they are."""
    return pictures.to(torch.float32) / 255.0


def within_aspect(images: Tensor) -> Tensor:
    """Return the central part of images that are longer than `MAX_ASPECT` times their short edge, as a view; all else as is."""
    height, width = images.shape[-2:]
    longest = MAX_ASPECT * min(height, width)
    top, left = max(0, height - longest) // 2, max(0, width - longest) // 2
    return images[..., top : top + longest, left : left + longest]


def resize_short_edge(images: Tensor, short_edge: int) -> Tensor:
    """Return `images` with the shorter edge at `short_edge` px, antialiased bilinear, the aspect kept.

    Smaller images are enlarged, never padded; of what is longer than `MAX_ASPECT` times its short edge the central part is
    taken, or a picture of 1 x 20,000 px would become gigabytes. Differentiable for floats; uint8 is rounded.
    """
    images = within_aspect(images)
    height, width = images.shape[-2:]
    if min(height, width) == short_edge:
        return images
    scale = short_edge / min(height, width)
    size = [max(short_edge, round(height * scale)), max(short_edge, round(width * scale))]
    from torchvision.transforms.v2 import functional as F  # 2 s of import, for whoever resizes

    return F.resize(images, size, interpolation=F.InterpolationMode.BILINEAR, antialias=True)


def averaged_down(planes: Planes, short_edge: int) -> Float[Tensor, "batch planes small_height small_width"]:
    """Return planes averaged over squares of whole pixels: their short edge is `short_edge` px or more, below twice that.

    The last rows and columns, where they fill no square, are left out. Smaller planes are as they are.
    """
    return torch.nn.functional.avg_pool2d(planes, max(1, min(planes.shape[2:]) // short_edge))


def centre_crop(images: Shaped[Tensor, "*batch 3 height width"], size: int) -> Shaped[Tensor, "*batch 3 {size} {size}"]:
    """Return the central `size` x `size` px of each image."""
    height, width = images.shape[-2:]
    top, left = (height - size) // 2, (width - size) // 2
    return images[..., top : top + size, left : left + size]


def five_crops(images: Images, size: int) -> list[Float[Tensor, "batch 3 {size} {size}"]]:
    """Return the four corner crops and the central crop, each `size` x `size` px."""
    from torchvision.transforms.v2 import functional as F  # as above

    return [*F.five_crop(images, [size, size])]


def crop_at(pictures: Tensor, size: int, down: float, right: float, mirror: float) -> Tensor:
    """Return a square of `size` px of (..., height, width), at its place down and right, mirrored below a half; each in [0, 1)."""
    height, width = pictures.shape[-2:]
    top, left = int(down * (height - size + 1)), int(right * (width - size + 1))
    crop = pictures[..., top : top + size, left : left + size]
    return crop.flip(-1) if mirror < 0.5 else crop


def random_crops(pictures: Sequence[Picture], size: int, generator: torch.Generator) -> Images:
    """Return one random crop of each picture, half of them mirrored, as float in [0, 1]."""
    draws = torch.rand(len(pictures), 3, generator=generator).tolist()
    return to_images(torch.stack([crop_at(each, size, *places) for each, places in zip(pictures, draws, strict=True)]))
