"""The statistics teacher: classical no-reference measures of the five attributes, each image on its own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.filters import gaussian_blur
from attiqa_core.photos.images import resize_short_edge, to_images, to_picture
from attiqa_core.srgb import linear_from_srgb, luma, luminance
from attiqa_core.teachers.golden import golden_image
from attiqa_core.teachers.teacher import Lesson
from attiqa_core.tensors import AttributeScores, Images, PerImage

STRONG_EDGES = 0.02  # share of the pixels that sharpness is read from: those with the steepest coarse gradient
COARSE_SIGMA_512 = 3.5  # px for a short edge of 512
FLAT_LUMA = 0.002  # standard deviation of luma below which an image has no edges to judge
FLAT_BLOCKS = 0.2  # quantile of the blocks, by activity, that the noise is read from
FLAT_BLOCK_BIAS = 0.859  # that quantile of white noise in blocks of 8 px, over its true value [measured]
BLOCK_PX = 8
USABLE_LEVELS = (0.03, 0.97)  # mean level of a block whose noise is not clipped away


def sharpness(images: Images) -> PerImage:
    """Log ratio of gradients before and after a coarse blur at the strongest edges: 0 is blurred already.

    As a ratio it does not depend on contrast; the coarse blur chooses the edges, so that noise hardly counts.
    Source: the re-blur principle of Crete et al. 2007, The blur effect.
    """
    grey = luma(images)
    sigma_px = COARSE_SIGMA_512 * min(images.shape[2:]) / 512
    coarse = _gradient(gaussian_blur(grey, grey.new_full((grey.shape[0],), sigma_px), sigma_px))
    strongest, where = coarse.topk(max(1, round(STRONG_EDGES * coarse.shape[1])), dim=1)
    fine = _gradient(grey).gather(1, where)
    return (fine.sum(1).clamp_min(1e-6) / strongest.sum(1).clamp_min(1e-6)).log()


def _gradient(grey: Tensor) -> Tensor:
    """Sobel gradient magnitude per pixel without the border, flattened to (B, pixels)."""
    rows = grey[..., :-2, :] + 2 * grey[..., 1:-1, :] + grey[..., 2:, :]
    columns = grey[..., :-2] + 2 * grey[..., 1:-1] + grey[..., 2:]
    across = rows[..., 2:] - rows[..., :-2]
    down = columns[..., 2:, :] - columns[..., :-2, :]
    return (across.square() + down.square()).sqrt().flatten(1) / 8


def contrast(images: Images) -> PerImage:
    """RMS contrast: standard deviation of luma, 0 to 0.5. Source: Peli 1990."""
    return luma(images).flatten(1).std(1, correction=0)


def brightness(images: Images) -> PerImage:
    """Mean CIE lightness L*, 0 to 100."""
    relative = luminance(linear_from_srgb(images))
    root = relative.clamp_min((6 / 29) ** 3) ** (1 / 3)
    lightness = torch.where(relative > (6 / 29) ** 3, 116 * root - 16, relative * (29 / 3) ** 3)
    return lightness.mean((1, 2, 3))


def colorfulness(images: Images) -> PerImage:
    """Hasler and Suesstrunk's M3 of 0..255 values: 0 grey, 33 moderately, 109 extremely colourful.

    Source: Hasler, Suesstrunk 2003, Measuring colourfulness in natural images, section 7.
    """
    red, green, blue = (255 * images).unbind(1)
    opponents = torch.stack([red - green, (red + green) / 2 - blue], 1).flatten(2)
    return opponents.std(2, correction=0).norm(dim=1) + 0.3 * opponents.mean(2).norm(dim=1)


def noise_sigma(images: Images) -> PerImage:
    """Standard deviation of the noise in flat regions, in display code values, mean of the channels.

    Immerkaer's mask in blocks of 8 px, read at the 20 % quantile of the blocks that are not clipped, where
    there is least structure. Source: Immerkaer 1996, Fast noise variance estimation.
    """
    activity = images.diff(n=2, dim=2).diff(n=2, dim=3).abs() * (math.sqrt(math.pi / 2) / 6)
    block_px = min(BLOCK_PX, *activity.shape[2:])
    level = functional.avg_pool2d(images[:, :, 1:-1, 1:-1], block_px).flatten(1)
    sigma = functional.avg_pool2d(activity, block_px).flatten(1)
    usable = (level > USABLE_LEVELS[0]) & (level < USABLE_LEVELS[1])
    usable = usable | ~usable.any(1, keepdim=True)
    ordered = sigma.masked_fill(~usable, torch.inf).sort(1).values
    quantile = ordered.gather(1, (FLAT_BLOCKS * (usable.sum(1, keepdim=True) - 1)).long()).squeeze(1)
    return quantile / FLAT_BLOCK_BIAS


def noisiness(images: Images) -> PerImage:
    """Minus the noise's standard deviation: higher is cleaner."""
    return -noise_sigma(images)


MEASURES = {
    "sharpness": sharpness,
    "contrast": contrast,
    "brightness": brightness,
    "colorfulness": colorfulness,
    "noisiness": noisiness,
}
"""The measure of each attribute, in the order of `ATTRIBUTES`."""


@dataclass(frozen=True)
class StatisticsTeacher:
    """Labels photos with `MEASURES`. All pairs can be compared, but nobody knows how sharp a flat photo is."""

    rows = "labels"
    attribute_names = ATTRIBUTES
    short_edge: int = 512
    """Size in px that photos from files are brought to; lessons are measured as they are."""

    @property
    def name(self) -> str:
        return "statistics"

    def attributes(self, images: Images) -> AttributeScores:
        """The five measures, each in its own unit; at least 3x3 px are needed."""
        return torch.stack([measure(images) for measure in MEASURES.values()], 1)

    def prepare(self, rgb: np.ndarray) -> AttributeScores:
        """The labels of one photo, brought to the short edge: all the work, done where photos are read."""
        return self.attributes(resize_short_edge(to_images(to_picture(rgb)[None]), self.short_edge))

    def encode(self, prepared: Sequence[Float[Tensor, "1 attributes"]]) -> AttributeScores:
        return torch.cat(list(prepared))

    def labels(self, rows: Tensor) -> AttributeScores:
        return rows

    def lesson(self, photos: Images, generator: torch.Generator) -> Lesson:
        groups = torch.zeros(photos.shape[0], dtype=torch.int64, device=photos.device)
        labels = self.attributes(photos)
        labels[:, ATTRIBUTES.index("sharpness")].masked_fill_(contrast(photos) < FLAT_LUMA, torch.nan)
        return Lesson(photos, labels, groups, across_photos=True)

    def encoder(self) -> dict[str, Any]:
        """What the labels depend on, ready for JSON."""
        return {
            "short_edge": self.short_edge,
            "measures": {name: (measure.__doc__ or "").splitlines()[0] for name, measure in MEASURES.items()},
            "precision": "fp32",
        }

    def golden(self) -> list[float]:
        """The labels of the golden image, which a resumed run has to reproduce."""
        return list(_golden(self))

    def provenance(self) -> dict[str, Any]:
        return {"teacher": self.name, **self.encoder()}


@cache
def _golden(teacher: StatisticsTeacher) -> tuple[float, ...]:
    """Remembered: a labelling asks several times."""
    return tuple(teacher.prepare(golden_image())[0].tolist())
