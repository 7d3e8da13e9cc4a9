"""References brought to the size of what they are compared with: the one place that knows about their geometry."""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.srgb import linear_from_srgb, srgb_from_linear
from isp_env.area import area_weights
from isp_env.raw_samples import Crop

OTHER_SHAPE = 0.02  # of the aspect: a picture of another shape shows another part of the scene

Picture = Float[Tensor, "3 height width"]
"""Display sRGB in [0, 1]."""


def shrunk(picture: Picture, size: tuple[int, int], name: str) -> Picture:
    """Return a picture of the whole frame at another size, averaged over areas in linear light, as proxies are.

    Raises: InputError naming the raw if its shape is another by more than 2 %: it is turned, or cut.
    """
    height, width = picture.shape[1:]
    aspect = (height / width) / (size[0] / size[1])
    if not 1 / (1 + OTHER_SHAPE) <= aspect <= 1 + OTHER_SHAPE:
        raise InputError(
            f"{name}: its reference is {width}x{height}, of another shape than the raw's own picture; is it cut, or turned? "
            "give a reference of the whole picture, upright"
        )
    if (height, width) == tuple(size):
        return picture
    down, across = (torch.from_numpy(area_weights(old, new)) for old, new in ((height, size[0]), (width, size[1])))
    return srgb_from_linear(down @ linear_from_srgb(picture) @ across.T).clamp(0, 1)


def crop_of(picture: Picture, crop: Crop) -> Picture:
    """Return the part of a picture of the frame's own size that a proxy's crop shows."""
    top, left = (round(place * crop.proxy_px) for place in crop.place)
    edge = crop.frame.samples.shape[0]
    return picture[:, top : top + edge, left : left + edge]
