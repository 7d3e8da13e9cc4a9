"""Features of an encoder that stays as it is: computed once for each picture, and read by heads and regressor."""

import copy
from collections.abc import Sequence

import torch

from attiqa_core.distortions.corruptions import spoiled_versions
from attiqa_core.network.fuse import fold
from attiqa_core.network.guarded_regressor import SpoiledViews
from attiqa_core.network.model import AttiqaNet
from attiqa_core.photos.images import Picture, five_crops, to_images
from attiqa_core.tensors import AttributeScores, Scores, Views

CENTRAL_VIEW = 4
"""The place of the central crop among the views of `five_crop_features`."""


@torch.no_grad()
def five_crop_features(net: AttiqaNet, pictures: Sequence[Picture], crop: int) -> Views:
    """Return the encoder's pooled features of the five crops that a Scorer looks at, on the CPU."""
    net = folded(net)
    return torch.stack(
        [
            net.features(torch.cat(five_crops(to_images(picture[None]).to(net.device), crop))).cpu()
            for picture in pictures
        ]
    )


@torch.no_grad()
def spoiled_features(
    net: AttiqaNet, pictures: Sequence[Picture], crop: int, versions: int, seed: int = 0
) -> SpoiledViews:
    """Return pooled features of spoiled versions of each picture, on the CPU; picture k draws with seed + k."""
    net = folded(net)
    return torch.stack(
        [
            net.features(spoiled_versions(picture, versions, crop, seed + index).to(net.device)).cpu()
            for index, picture in enumerate(pictures)
        ]
    )


def folded(net: AttiqaNet) -> AttiqaNet:
    """Return a copy for inference, as a Scorer has it: about twice as fast on a CPU, equal but for the last bits."""
    own = copy.deepcopy(net).eval()
    fold(own.encoder)
    return own.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


@torch.no_grad()
def read_views(net: AttiqaNet, views: Views) -> tuple[Scores, AttributeScores]:
    """Return the MOS, about [0, 1], and the attribute scores, averaged over each picture's views as a five-crop Scorer does."""
    net.eval()
    mos, attributes = net.read(views.flatten(0, 1).to(net.device))
    return mos.view(views.shape[:2]).mean(1).cpu(), attributes.view(*views.shape[:2], -1).mean(1).cpu()
