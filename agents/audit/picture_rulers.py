"""What a policy may have done to a picture, whole and at native resolution, in numbers that corruptions move."""

import torch

from attiqa_core.filters import gaussian_blur
from attiqa_core.srgb import luma
from attiqa_core.tensors import Images, PerImage
from isp_env.measures.own_white import reduced
from isp_env.measures.picture import PictureMeasures
from isp_env.measures.reference import Reference
from isp_env.observe import noise_level
from isp_env.rendering.squares import Pictures

FINE_PX, COARSE_PX = 1.0, 3.0
"""Sigmas of the Gaussians between which a crop's detail is told apart: an unsharp mask raises what lies below the first."""
SMALLEST_DETAIL = 1e-3
"""Of coarse detail, in display code values: a flat of less has no edge to sharpen."""

Rulers = dict[str, PerImage]
"""Each ruler by its name, one number for each raw."""


@torch.no_grad()
def rulers(images: Pictures, crops: Pictures | None, count: int) -> Rulers:
    """Return the rulers of pictures and of their native crops, `count` of each picture, one after the other.

    Of the whole those of `PictureMeasures`, `relative_chroma` and `relative_own_chroma` as shares of mean luma, and
    `contrast`, the deviation of luma; of the crops `native_noise`, of the calmest, and `crispness`, of the most detailed:
    of `images` where there are none.
    """
    rows = [_of_whole(image[None]) for image in images]
    found = {name: torch.cat([row[name] for row in rows]) for name in rows[0]}
    parts = [crop[None] for crop in (images if crops is None else crops)]
    shape = (len(rows), 1 if crops is None else count)
    noise = torch.cat([noise_level(part) for part in parts]).view(shape)
    edges = torch.cat([crispness(part) for part in parts]).view(shape)
    return {**found, "native_noise": noise.amin(1), "crispness": edges[:, 0]}


def _of_whole(images: Images) -> Rulers:
    measures, seen = PictureMeasures.of(images), Reference.of(images)
    grey = luma(reduced(images)).flatten(1)
    return {
        **vars(measures),
        "relative_chroma": seen.plain_chroma,
        "relative_own_chroma": seen.chroma,
        "contrast": grey.std(1, correction=0),
    }


def crispness(images: Images) -> PerImage:
    """Return how strong the finest detail is beside the coarser: neither exposure nor contrast moves it, an unsharp mask does."""
    grey = luma(images)
    fine, coarse = (gaussian_blur(grey, grey.new_full((len(grey),), sigma), sigma) for sigma in (FINE_PX, COARSE_PX))
    below, above = (grey - fine).abs().mean((1, 2, 3)), (fine - coarse).abs().mean((1, 2, 3))
    return below / above.clamp_min(SMALLEST_DETAIL)
