"""What the networks learn from: crops of photos, the same with a planted defect, and some with none."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from attiqa_core.photos.images import Picture, crop_at, random_crops, to_images
from attiqa_core.tensors import Images
from isp_env.tools.defects import Defect

MARGIN_PX = 16
"""Around a crop when a defect is planted: the border is no special place, nor the grid of JPEG's blocks."""
SMALLEST_VIEW = 0.5
"""Of the short edge: how little of a photo a network for whole pictures is shown."""

Pair = tuple[Images, Images]
"""Crops as they are, and as they are shown."""


def local_pairs(photos: Sequence[Picture], defect: Defect, size: int, clean: float, generator: torch.Generator) -> Pair:
    """Return a random crop of each photo at its own pixels, and the same with the defect; photos are large enough."""
    regions = random_crops(photos, size + MARGIN_PX, generator)
    spoiled = planted(regions, defect, clean, generator)
    down, right = torch.randint(MARGIN_PX + 1, (2,), generator=generator).tolist()
    return tuple(each[..., down : down + size, right : right + size] for each in (regions, spoiled))  # type: ignore[return-value]


def whole_pairs(photos: Sequence[Picture], defect: Defect, size: int, clean: float, generator: torch.Generator) -> Pair:
    """Return a large square of each photo reduced to `size` px, half of them mirrored, and the same with the defect."""
    draws = torch.rand(len(photos), 4, generator=generator).tolist()
    views = [_view(photo, size, *places) for photo, places in zip(photos, draws, strict=True)]
    images = to_images(torch.stack(views))
    return images, planted(images, defect, clean, generator)


def _view(photo: Picture, size: int, share: float, down: float, right: float, mirror: float) -> Tensor:
    side = int(min(photo.shape[1:]) * (SMALLEST_VIEW + (1 - SMALLEST_VIEW) * share))
    return F.resize(crop_at(photo, side, down, right, mirror), [size, size], antialias=True)


def planted(images: Images, defect: Defect, clean: float, generator: torch.Generator) -> Images:
    """Return pictures with the defect at severities drawn from [0, 1]; about the share `clean` is left as it is."""
    severity, spared = torch.rand(2, len(images), generator=generator)
    chance = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
    return defect.plant(images, torch.where(spared < clean, 0.0, severity), chance)
