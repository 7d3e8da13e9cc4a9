"""What the environment keeps of a program's full-size picture: the picture at the proxy's size, and the crops as they are."""

import json
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.srgb import linear_from_srgb, srgb_from_linear
from isp_env.black_box.cache import Kept
from isp_env.black_box.pictures import Pixels
from isp_env.proxies.area import area_weights, narrowed

TOLERANCE, BORDER_PX = 0.03, 8
"""How much smaller or larger than the raw's frame a program's picture may be, as a share of its short edge, or in px, whichever is
more: programs leave a few pixels of the border away (RawTherapee four on each side), or keep a few more."""
FINEST = 65535


@dataclass(frozen=True)
class ProxyView:
    """The picture of `size` (height, width), and crops of `crop_px` whose corners lie there in the frame, px.

    `frame_px`: short edge of the frame, which the picture is fitted to by its centre; `square`: whether its centred square alone
    is looked at.
    """

    size: tuple[int, int]
    frame_px: int
    square: bool
    corners: tuple[tuple[int, int], ...] = ()
    crop_px: int = 0

    @property
    def key(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    def of(self, pixels: Pixels) -> Kept:
        """Return `proxy` and `crops` as integers. Raises: InputError for a picture of another size or shape than the raw's."""
        self._refuse_other_size(pixels)
        window = centre_square(pixels) if self.square else pixels
        proxy = np.rint(shrunk(window, self.size).numpy() * FINEST).astype(np.uint16)
        kept = {"proxy": proxy}
        if self.corners:
            kept["crops"] = np.stack([self._crop(window, *corner) for corner in self.corners])
        return kept

    def _crop(self, window: Pixels, row: int, column: int) -> Pixels:
        """A crop of what is seen; a border that the program left away is taken to be as wide on every side."""
        border = (self.frame_px - min(window.shape[:2])) // 2
        top, left = (
            min(max(0, start - border), length - self.crop_px)
            for start, length in zip((row, column), window.shape[:2], strict=True)
        )
        return window[top : top + self.crop_px, left : left + self.crop_px]

    def _refuse_other_size(self, pixels: Pixels) -> None:
        height, width = pixels.shape[:2]
        step = self.frame_px / min(self.size)  # pixels of the frame for each of the proxy's
        off = [abs(seen - step * given) for seen, given in zip((height, width), self.size, strict=True)]
        slack = max(TOLERANCE * self.frame_px, BORDER_PX)
        allowed = (
            slack,
            slack * max(self.size) / min(self.size) + 2 * step,
        )  # a proxy's long edge is even: a pixel off
        if self.square:
            off = [abs(min(height, width) - self.frame_px)] * 2
        short, long = off if self.size[0] <= self.size[1] else off[::-1]
        if short > allowed[0] or long > allowed[1] or min(height, width) < self.crop_px:
            raise InputError(
                f"its picture is {width}x{height} where the raw's short edge has {self.frame_px} px and its proxy "
                f"{self.size[1]}x{self.size[0]}; let it write the whole picture, upright and in full size"
            )


def centre_square(pixels: Pixels) -> Pixels:
    """Return the largest centred square."""
    height, width = pixels.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    return pixels[top : top + edge, left : left + edge]


def shrunk(pixels: Pixels, size: tuple[int, int]) -> Tensor:
    """Return (height, width, 3) display sRGB in [0, 1]: light is averaged over areas, not its encoding; enlarging is bilinear."""
    light = _light_of(pixels.dtype.itemsize)
    planes = []
    for channel in range(3):
        plane = light[torch.from_numpy(pixels[..., channel].astype(np.int32))]
        planes.append(_narrowed(_narrowed(plane, size[1]).T.contiguous(), size[0]).T)
    return srgb_from_linear(torch.stack(planes, 2)[None])[0].clamp(0, 1)


def _narrowed(rows: Tensor, new: int) -> Tensor:
    if new <= rows.shape[1]:
        return narrowed(rows, new)
    return rows @ torch.from_numpy(area_weights(rows.shape[1], new)).T


@cache
def _light_of(bytes_each: int) -> Tensor:
    """The light of each display code value."""
    steps = 256**bytes_each
    return linear_from_srgb(torch.arange(steps, dtype=torch.float64) / (steps - 1)).float()
