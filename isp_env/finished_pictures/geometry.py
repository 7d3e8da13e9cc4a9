"""Where a rendering of ours and an expert's picture of the same photo show the same: turned, shifted by a border, at other sizes.

Adobe's active area is some pixels larger or smaller than LibRaw's, some pictures lie on their side, some were resized whole. What an
expert cropped or straightened has no counterpart everywhere, and is refused, so that nobody compares two pictures of different things.

Tolerances, at a short edge of 480 px, where the pictures are compared: a shift is found to 0.25 px (and made whole pixels at full
size), a scale that differs by more than 1 % or a turn by more than half a degree is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter, shift
from skimage.registration import phase_cross_correlation
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.srgb import luma
from attiqa_core.tensors import Images, Planes, ResizedImages
from isp_env.proxies.area import area_weights, narrowed
from isp_env.proxies.proxy import Window

Plane = Float[np.ndarray, "height width"]
Part = Float[Tensor, "batch 3 _height _width"]
Size = tuple[int, int]

ASPECT_TOLERANCE = 0.01  # of two whole pictures of one photo
BORDER = 0.03  # of a side: what active areas differ by at most, so that a pixel is a pixel in both
LOOKED_AT_PX = 480  # short edge at which pictures are laid over each other
UPSAMPLED = 10  # steps of a pixel in which a shift is looked for
DETAIL_PX = 3.0  # sigma of what is light and what is detail: experts change the one, not where the other is
FAINT = 0.01  # of display luma; detail below it is noise
TILES = 3  # a side: where the parts of a picture disagree about the shift, its scale or its turn differs
ALIKE = 0.35  # correlation of detail over the picture from which it is taken for the same
FARTHEST_PX = 1.5  # of a part's shift from the whole's; half of a side's length away it is 1 % of scale
DECIDEDLY = 0.1  # more correlation at a part's own shift than at the whole's, before it says anything
RIM_PX = 4


@dataclass(frozen=True)
class Placement:
    """The expert's picture, turned left by `turns` quarters, shows within `theirs` what ours shows within `ours`.

    `shift_px` (down, right) is by how much the middles of the two pictures lie apart, in pixels of ours; `alike` is how well
    detail agrees: a correlation.
    """

    turns: int
    ours: Window
    theirs: Window
    shift_px: tuple[float, float]
    alike: float

    def laid(self, ours: Images, theirs: ResizedImages) -> tuple[Part, Part]:
        """Return what both pictures show, ours first, upright as ours is; their sizes may differ by a scale."""
        return self.ours.of(ours), self.theirs.of(torch.rot90(theirs, self.turns, (-2, -1)))


def place(ours: Images, theirs: ResizedImages, name: str = "picture") -> Placement:
    """Return where two pictures (1, 3, H, W), display sRGB, of one photo show the same, whatever their tone and colour.

    Raises: InputError naming the picture if they nowhere do as wholes: cropped, straightened, or another photo.
    """
    best = 0.0
    for turned, windows in _ways(_size(ours), _size(theirs)):
        found = _laid_over(ours, torch.rot90(theirs, turned, (-2, -1)), turned, *windows)
        if isinstance(found, Placement):
            return found
        best = max(best, found)
    (height, width), (their_height, their_width) = _size(ours), _size(theirs)
    raise InputError(
        f"{name}: the expert's picture ({their_width}x{their_height}) does not show the whole of ours ({width}x{height}; detail agrees "
        f"to {best:.2f}): cropped or straightened by the expert, or another photo; it is left out"
    )


def resized(images: Planes, size: Size) -> Float[Tensor, "batch planes {size[0]} {size[1]}"]:
    """Return pictures of another size (height, width), each pixel the mean over its area; enlarged, bilinear between pixels."""
    height, width = size
    rows = _along(images, width)
    return _along(rows.transpose(-1, -2), height).transpose(-1, -2).contiguous()


def _along(images: torch.Tensor, new: int) -> torch.Tensor:
    """Pictures with rows of `new` pixels; channel by channel, for running sums are in float64."""
    old = images.shape[-1]
    if old == new:
        return images
    if new < old:
        return torch.stack([narrowed(plane, new) for plane in images.unbind(1)], 1)
    return images @ torch.from_numpy(area_weights(old, new)).T


def _ways(ours: Size, theirs: Size) -> Iterator[tuple[int, tuple[Window, Window]]]:
    """How the pictures may lie over each other by their sizes: quarter turns, and their middles in common or their edges."""
    for turned in (0, 1, 3, 2):
        size = theirs if turned % 2 == 0 else (theirs[1], theirs[0])
        if all(abs(their / our - 1) <= BORDER for our, their in zip(ours, size, strict=True)):
            common = min(ours[0], size[0]), min(ours[1], size[1])
            yield turned, (_middle(ours, common), _middle(size, common))
        if ours != size and abs(size[1] * ours[0] / (size[0] * ours[1]) - 1) <= ASPECT_TOLERANCE:
            yield turned, (Window(0, 0, *ours), Window(0, 0, *size))


def _middle(size: Size, common: Size) -> Window:
    top, left = (size[0] - common[0]) // 2, (size[1] - common[1]) // 2
    return Window(top, left, top + common[0], left + common[1])


def _laid_over(
    ours: Images, theirs: ResizedImages, turns: int, window: Window, their_window: Window
) -> Placement | float:
    """The placement, or how well detail agrees where that is not enough."""
    one, other = window.of(ours), their_window.of(theirs)
    size = _size(one)
    factor = min(1.0, LOOKED_AT_PX / min(size), min(_size(other)) / min(size))
    small = max(2 * RIM_PX + 1, round(size[0] * factor)), max(2 * RIM_PX + 1, round(size[1] * factor))
    our_detail, their_detail = detail(resized(one, small)), detail(resized(other, small))
    moved = shift_between(our_detail, their_detail)
    alike = correlation(our_detail, shift(their_detail, moved, order=1, mode="nearest"))
    if alike < ALIKE or _parts_disagree(our_detail, their_detail, moved):
        return alike
    # Theirs, moved by so much, lies on ours: what stands at row r of ours is at r - down of theirs.
    down, right = (float(each) * whole / few for each, whole, few in zip(moved, size, small, strict=True))
    pixels_are_equal = size == _size(other)
    ours_in, theirs_in = (
        overlap(window, their_window, _size(ours), _size(theirs), (round(down), round(right)))
        if pixels_are_equal
        else (window, their_window)
    )
    return Placement(turns, ours_in, theirs_in, (down, right), alike)


def detail(images: Images) -> Plane:
    """Return luma without its slow part, over its own local strength: where edges are, whatever was done to tones."""
    plane = luma(images)[0, 0].double().numpy()
    fine = plane - gaussian_filter(plane, DETAIL_PX)
    return fine / (np.sqrt(gaussian_filter(fine * fine, 2 * DETAIL_PX)) + FAINT)


def shift_between(ours: Plane, theirs: Plane) -> np.ndarray:
    """Return by how much theirs has to move, (down, right), to lie on ours."""
    faded = np.outer(*(np.hanning(side) for side in ours.shape))  # else the edges, which always agree, say "not at all"
    how: dict[str, Any] = {"upsample_factor": UPSAMPLED, "normalization": None}  # plain correlation: noise has no say
    return phase_cross_correlation(ours * faded, theirs * faded, **how)[0]


def _parts_disagree(ours: Plane, theirs: Plane, moved: np.ndarray) -> bool:
    """Whether parts of the picture lie better on each other somewhere else: two of them say so, each decidedly."""
    voices = 0
    for rows in np.array_split(np.arange(ours.shape[0]), TILES):
        for columns in np.array_split(np.arange(ours.shape[1]), TILES):
            part = np.ix_(rows, columns)
            own = shift_between(ours[part], theirs[part])
            if np.abs(own - moved).max() <= FARTHEST_PX or np.abs(own).max() > min(len(rows), len(columns)) / 3:
                continue
            there, here = (correlation(ours[part], shift(theirs[part], by, order=1)) for by in (own, moved))
            voices += there - here > DECIDEDLY
    return voices >= 2


def correlation(one: Plane, other: Plane) -> float:
    """Return Pearson's, without the rim, which a shift fills from nowhere."""
    rim = min(RIM_PX, min(one.shape) // 4)
    inner = slice(rim, -rim or None), slice(rim, -rim or None)
    one, other = one[inner] - one[inner].mean(), other[inner] - other[inner].mean()
    return float((one * other).sum() / (np.sqrt((one * one).sum() * (other * other).sum()) + 1e-12))


def overlap(window: Window, their_window: Window, size: Size, their_size: Size, moved: Size) -> tuple[Window, Window]:
    """Return the largest windows of both pictures that show the same where one pixel is one pixel."""
    spans = []
    starts = (window.top, their_window.top), (window.left, their_window.left)
    for (start, their_start), whole, theirs, by in zip(starts, size, their_size, moved, strict=True):
        offset = start - their_start + by  # a place in theirs plus this is the place in ours
        first, last = max(0, offset), min(whole, theirs + offset)
        spans.append((first, last, first - offset, last - offset))
    rows, columns = spans
    return Window(rows[0], columns[0], rows[1], columns[1]), Window(rows[2], columns[2], rows[3], columns[3])


def _size(images: Images) -> Size:
    return images.shape[-2], images.shape[-1]
