"""Degradations that only ever lower the quality of a photo, at severities from 0 (untouched) to 1.

Where an axis of `distortions` already degrades in one direction it is used; compression and pixelation are added. A
ladder shows the same photo at rising severities of one kind, so that its order is known without asking anybody.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional
from torchvision.transforms.v2.functional import jpeg

from attiqa_core.distortions.axes import AXES
from attiqa_core.tensors import Images, PerImage

Ladder = Float[Tensor, "levels batch 3 height width"]

JPEG_QUALITIES = (60, 4)  # at the least severity and at severity 1; above 60 few people see anything
PIXELATION = 8.0  # px of the photo in one px of the coarsest version


def compress(images: Images, severity: PerImage, generator: torch.Generator) -> Images:
    """Images after JPEG at a quality that falls geometrically; 8 bits, so no gradient passes. 0 is the identity."""
    high, low = JPEG_QUALITIES
    result = images.clone()
    for index, each in enumerate(severity.tolist()):
        if each > 0:
            quality = round(high * (low / high) ** each)
            result[index] = jpeg((images[index] * 255).round().byte().cpu(), quality).to(images) / 255
    return result


def pixelate(images: Images, severity: PerImage, generator: torch.Generator) -> Images:
    """Images that were reduced, averaging, up to 8 times a side and enlarged again bilinearly. 0 is the identity."""
    result = images.clone()
    for index, each in enumerate(severity.tolist()):
        if each > 0:
            size = [max(1, round(edge / PIXELATION**each)) for edge in images.shape[2:]]
            small = functional.interpolate(images[[index]], size=size, mode="area")
            result[index] = functional.interpolate(small, size=images.shape[2:], mode="bilinear")[0]
    return result


def _along(attribute: str, direction: float) -> Callable[[Images, PerImage, torch.Generator], Images]:
    """The axis of an attribute followed one way only."""

    def degrade(images: Images, severity: PerImage, generator: torch.Generator) -> Images:
        changed = AXES[attribute].apply(images, direction * severity, generator)
        return torch.where(severity.view(-1, 1, 1, 1) == 0, images, changed)

    return degrade


KINDS: dict[str, Callable[[Images, PerImage, torch.Generator], Images]] = {
    "blur": _along("sharpness", -1.0),
    "oversharpening": _along("sharpness", 1.0),
    "low contrast": _along("contrast", -1.0),
    "darkening": _along("brightness", -1.0),
    "overexposure": _along("brightness", 1.0),
    "desaturation": _along("colorfulness", -1.0),
    "oversaturation": _along("colorfulness", 1.0),
    "noise": _along("noisiness", -1.0),
    "compression": compress,
    "pixelation": pixelate,
}
"""What may be done to a photo; each at severity 1 is about as bad as the strongest level of KADID-10k."""


def severities(levels: int) -> list[float]:
    """Return equally spaced severities, from 0 (the photo as it is) to 1."""
    return [level / (levels - 1) for level in range(levels)]


def ladder(photos: Images, kinds: Int[Tensor, " batch"], levels: int, generator: torch.Generator) -> Ladder:
    """Return each photo at rising severities of its own kind; `kinds` counts in `KINDS`. The photos are not changed."""
    degrade = list(KINDS.values())
    result = photos.new_empty(levels, *photos.shape)
    for kind in kinds.unique().tolist():
        chosen = (kinds == kind).nonzero().squeeze(1)
        severity = photos.new_tensor(severities(levels)).repeat_interleave(len(chosen))
        repeated = photos[chosen].repeat(levels, 1, 1, 1)
        result[:, chosen] = degrade[kind](repeated, severity, generator).unflatten(0, (levels, -1))
    return result
