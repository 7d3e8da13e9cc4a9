"""The door of every judge: pictures in the forms that people have them in, turned into float NCHW batches or refused."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.photos.decode import read_rgb, upright_rgb
from attiqa_core.photos.images import to_images
from attiqa_core.tensors import Images

Accepted = Tensor | np.ndarray | Image.Image | str | Path | Sequence[Any]
"""Display sRGB as a tensor (batch, 3, height, width) or (3, height, width), an array (height, width, 3) or
(batch, height, width, 3), uint8 or float in [0, 1]; a PIL image; a file's path; or a list of these, of any sizes."""

ROUNDING = 1 / 255
"""How far a float may leave [0, 1]: one 8-bit step, for what resizing or a conversion back and forth leaves behind."""


def accepted_batches(given: Accepted, *, values: bool) -> list[Images]:
    """Return pictures as float NCHW batches in the order given, one batch for each entry of a list.

    Form and type are looked at always, which costs nothing. `values` says whether floats are also searched for NaN and
    for numbers outside [0, 1]: on an accelerator that waits for the device, so it is not for every step of a loop.
    Raises: InputError, in one sentence that says what to give instead.
    """
    return [_checked(batch, name, values) for batch, name in _batches(given, "images")]


def _batches(given: Accepted, name: str) -> Iterator[tuple[Tensor, str]]:
    """Yield uint8 or float NCHW tensors, and what a message calls each."""
    if isinstance(given, str | Path):
        given = read_rgb(given)
    elif isinstance(given, Image.Image):
        given = upright_rgb(given, name)
    if isinstance(given, Tensor):
        yield _batch(given, name), name
    elif isinstance(given, np.ndarray):
        yield _channels_first(given, name), name
    elif isinstance(given, Sequence):
        if not given:
            raise InputError(f"{name}: are an empty list; give at least one picture")
        for index, each in enumerate(given):
            yield from _batches(each, f"{name}[{index}]")
    else:
        raise InputError(
            f"{name}: {type(given).__name__} is no picture; give a tensor, an array, a PIL image or a path"
        )


def _channels_first(array: np.ndarray, name: str) -> Tensor:
    if array.ndim not in (3, 4) or array.shape[-1] != 3:
        raise InputError(f"{name}: array of shape {array.shape}; an array is (height, width, 3), or a batch of these")
    if array.dtype != np.uint8 and not np.issubdtype(array.dtype, np.floating):
        raise InputError(f"{name}: array of {array.dtype}; give uint8, or float in [0, 1]")
    return _batch(torch.from_numpy(np.ascontiguousarray(array)).movedim(-1, -3), name)


def _batch(pixels: Tensor, name: str) -> Tensor:
    shape = tuple(pixels.shape)
    if len(shape) not in (3, 4) or shape[-3] != 3:
        cure = "; permute it, channels come first" if shape[-1:] == (3,) else ""
        raise InputError(
            f"{name}: tensor of shape {shape} is not (batch, 3, height, width) or (3, height, width){cure}"
        )
    if pixels.numel() == 0:
        raise InputError(f"{name}: shape {shape} holds no pixels; give at least one picture")
    return pixels if len(shape) == 4 else pixels[None]


def _checked(pixels: Tensor, name: str, values: bool) -> Images:
    if pixels.dtype == torch.uint8:
        return to_images(pixels)
    if not pixels.is_floating_point():
        raise InputError(f"{name}: tensor of {pixels.dtype}; give uint8, or float in [0, 1]")
    if values:
        _check_values(pixels, name)
    return pixels.float()


def _check_values(pixels: Tensor, name: str) -> None:
    low, high = (float(end) for end in torch.aminmax(pixels.detach()))
    if low != low or high != high:
        raise InputError(f"{name}: hold NaN; what made them is broken")
    if low < -ROUNDING or high > 1 + ROUNDING:
        centred = low >= -1 - ROUNDING and high <= 1 + ROUNDING
        cure = "add 1 and divide by 2" if centred else "divide by the white, 255 of 8 bits, or give uint8"
        raise InputError(f"{name}: floats from {low:.3g} to {high:.3g} are not display sRGB in [0, 1]; {cure}")
