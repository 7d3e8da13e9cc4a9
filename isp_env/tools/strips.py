"""Large pictures strip by strip, so that what an operation needs beside picture and result stays small.

What looks at a neighbourhood gets strips with a halo. What has to know something of the whole picture is two passes: sums of
all strips, and then the change of each.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from attiqa_core.tensors import Images, PerImage

STRIP_PIXELS = 2**20
"""Of a batch that is worked on at once: what is smaller is not cut."""

Operation = Callable[[Images, PerImage | None], Images]


@dataclass(frozen=True)
class Place:
    """Where a strip lies in its picture, in rows."""

    top: int
    height: int
    """Of the whole picture."""


@dataclass(frozen=True)
class TwoPasses:
    """An operation in two passes; over a picture that is not cut they see one strip, which is all of it."""

    measure: Callable[[Images, Place], Tensor]
    """`measure(strip, place)`: numbers whose sum over all strips says of the picture what the change has to know."""
    change: Callable[[Images, PerImage | None, Tensor, Place], Images]
    """`change(strip, strength, measured, place)`: the strip changed, knowing that sum."""

    def __call__(self, images: Images, strength: PerImage | None) -> Images:
        place = Place(0, images.shape[2])
        return self.change(images, strength, self.measure(images, place), place)


def in_strips(
    operation: Operation, reach_px: int | None, images: Images, strength: PerImage | None, pixels: int = STRIP_PIXELS
) -> Images:
    """Return what an operation makes of images, in strips of about `pixels` of the batch where it has more.

    `reach_px` is how far it looks up and down; None: it cannot be cut. The result is that of the whole, up to the rounding of
    powers, convolutions and means, which depends on the sizes of what is worked on. Strips begin at even rows.
    """
    count, _, height, width = images.shape
    if reach_px is None or count * height * width <= pixels:
        return operation(images, strength)
    rows = max(2, pixels // (count * width) // 2 * 2)
    if isinstance(operation, TwoPasses):
        return _in_two_passes(operation, images, strength, rows)
    result = torch.empty_like(images)
    halo = reach_px + reach_px % 2
    for top, bottom in _strips(height, rows):
        above = min(halo, top)
        strip = operation(images[:, :, top - above : bottom + halo], strength)
        result[:, :, top:bottom] = strip[:, :, above : above + bottom - top]
    return result


def _in_two_passes(operation: TwoPasses, images: Images, strength: PerImage | None, rows: int) -> Images:
    height = images.shape[2]
    parts = (operation.measure(images[:, :, top:bottom], Place(top, height)) for top, bottom in _strips(height, rows))
    measured = next(parts)
    for part in parts:
        measured = measured + part
    result = torch.empty_like(images)
    for top, bottom in _strips(height, rows):
        result[:, :, top:bottom] = operation.change(images[:, :, top:bottom], strength, measured, Place(top, height))
    return result


def _strips(height: int, rows: int) -> Iterator[tuple[int, int]]:
    return ((top, min(top + rows, height)) for top in range(0, height, rows))
