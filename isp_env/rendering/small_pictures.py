"""Small pictures for an agent with eyes of its own: the whole render, and the middle of each crop as it is."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from attiqa_core.photos.images import centre_crop
from attiqa_core.tensors import Crops, Images


def small_pictures(images: Images, crops: Crops | None, px: int) -> UInt8[Tensor, "batch entries"]:
    """Return the renders, averaged over areas to px x px, and of each of their crops the central px x px; flat, one picture
    after another, each (3, px, px), in display code values from 0 to 255.

    A crop that is smaller is resized, as renders are. px 0: no entries.
    """
    if not px:
        return torch.zeros(len(images), 0, dtype=torch.uint8, device=images.device)
    seen = [_resized(images, px)]
    if crops is not None:
        middles = _resized(crops, px) if min(crops.shape[2:]) < px else centre_crop(crops, px)
        seen.append(middles.flatten(1).unflatten(0, (len(images), -1)).flatten(1))
    flat = torch.cat([each.detach().flatten(1) for each in seen], 1)
    return (255 * flat.clamp(0, 1)).round().byte()


def shown(pictures: UInt8[Tensor, "batch entries"]) -> Float[Tensor, "batch entries"]:
    """Return small pictures as an observation has them, in [0, 1]."""
    return pictures.float() / 255


def _resized(images: Images, px: int) -> Float[Tensor, "batch 3 {px} {px}"]:
    return F.interpolate(images, (px, px), mode="area")
