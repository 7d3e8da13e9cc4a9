"""References beside their frames: which part of the frame they show, and at the size of what they are compared with."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.srgb import linear_from_srgb, srgb_from_linear
from isp_env.finished_pictures.geometry import Placement, place
from isp_env.finished_pictures.native_shift import to_the_pixel
from isp_env.frames.raw_samples import Crop
from isp_env.params import IspParams
from isp_env.proxies.area import area_weights
from isp_env.proxies.proxy import Window, whole
from isp_env.raw import RawFrame
from isp_env.tiles import render_full

OTHER_SHAPE = 0.02  # of the aspect: a picture of another shape shows another part of the scene

Picture = Float[Tensor, "3 height width"]
"""Display sRGB in [0, 1]."""


@dataclass(frozen=True)
class Laid:
    """A reference, upright, cut to what a frame's render shows within `window` (px), too.

    `native`: one pixel of it is one of the frame's, in the same place; `placement`: how it was found, None where it was known.
    """

    picture: Picture
    window: Window
    native: bool
    placement: Placement | None = None

    @classmethod
    def on_whole(cls, frame: RawFrame, picture: Picture) -> "Laid":
        """Return a picture of the whole frame, upright, at any size.

        Raises: InputError naming the raw if its shape is another by more than 2 %: it is turned, or cut.
        """
        window = whole(frame)
        height, width = picture.shape[1:]
        aspect = (height / width) / (window.height / window.width)
        if not 1 / (1 + OTHER_SHAPE) <= aspect <= 1 + OTHER_SHAPE:
            raise InputError(
                f"{frame.path or frame.name}: its reference is {width}x{height}, of another shape than the raw's own picture; is it cut, "
                "or turned? give a reference of the whole picture, upright"
            )
        return cls(picture, window, (height, width) == window.size and frame.geometry is None)


@torch.no_grad()
def laid(frame: RawFrame, picture: Picture, name: str) -> Laid:
    """Return a reference where it lies on the camera default's render: turned upright, without what only one of them shows.

    Raises: InputError naming the reference if it does not show the whole of the frame: cropped, straightened, or another photo.
    """
    ours, theirs = render_full(frame, IspParams.default(1))[None], picture[None]
    placement = place(ours, theirs, name)
    exact = to_the_pixel(placement, ours, theirs)
    found = exact or placement
    both = found.laid(ours, theirs)[1][0]
    return Laid(both, found.ours, exact is not None and frame.geometry is None, found)


def shrunk(picture: Picture, size: tuple[int, int]) -> Float[Tensor, "3 {size[0]} {size[1]}"]:
    """Return a picture at another size, averaged over areas in linear light, as proxies are; a smaller one is enlarged."""
    height, width = picture.shape[1:]
    if (height, width) == tuple(size):
        return picture
    down, across = (torch.from_numpy(area_weights(old, new)) for old, new in ((height, size[0]), (width, size[1])))
    return srgb_from_linear(down @ linear_from_srgb(picture) @ across.T).clamp(0, 1)


def crop_of(picture: Picture, crop: Crop) -> Float[Tensor, "3 edge edge"]:
    """Return the part of a native picture of what a proxy shows that the proxy's crop shows."""
    top, left = (round(place * crop.proxy_px) for place in crop.place)
    edge = crop.frame.samples.shape[0]
    return picture[:, top : top + edge, left : left + edge]
