"""The heads' output layers solved for anew: whatever the encoder has learned since, they say what another scorer's say.

Fine-tuning asks nothing of the heads' outputs, and the features under them move; what they said of sharpness or noise
before means nothing afterwards.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.distortions.axes import distort
from attiqa_core.network.architecture import Preprocessing
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.ridge import ridge_solution
from attiqa_core.network.views import crops_of
from attiqa_core.photos.images import Picture, to_images
from attiqa_core.scorer import Scorer
from attiqa_core.tensors import AttributeScores, Images
from attiqa_core.training.frozen_features import folded
from attiqa_core.training.loop import seed_from

PICTURES = 300
"""Pictures that are asked about; of more, as many spread over all of them."""

VERSIONS = 2
"""Distorted versions of each, so that every head has something to tell apart."""

MOVED = 0.4
"""Share of the attributes that a version changes."""


@torch.no_grad()
def solve_attributes(
    net: AttiqaNet, preprocessing: Preprocessing, teacher: Scorer, pictures: Sequence[Picture], seed: int = 0
) -> None:
    """Set each head's output layer to the ridge regression of the teacher's scores on the head's own hidden features.

    The MOS does not change. `pictures` are what the teacher sees, beside versions of them along the attributes' axes.
    """
    teacher, still = teacher.with_crops(1), folded(net)
    wanted, hidden = [], []
    for index in range(0, len(pictures), -(-len(pictures) // PICTURES)):
        images = _with_versions(to_images(pictures[index][None]).to(net.device), seed_from(seed, index))
        wanted.append(teacher.attributes(images).cpu())
        hidden.append(still.hidden(still.features(crops_of(images, preprocessing))).cpu())
    _solve(net, torch.cat(hidden).unflatten(1, net.heads_output.shape), torch.cat(wanted))


def _with_versions(image: Float[Tensor, "1 3 height width"], seed: int) -> Images:
    """The picture, and versions of it that have more or less of some attributes."""
    chance = torch.Generator(image.device).manual_seed(seed)
    shape = (VERSIONS, len(ATTRIBUTES))
    levels = 2 * torch.rand(shape, generator=chance, device=image.device) - 1
    moved = torch.rand(shape, generator=chance, device=image.device) < MOVED
    return torch.cat([image, distort(image.expand(VERSIONS, -1, -1, -1), levels * moved, chance)])


def _solve(net: AttiqaNet, hidden: Float[Tensor, "images heads hidden"], wanted: AttributeScores) -> None:
    for head, (inputs, scores) in enumerate(zip(hidden.unbind(1), wanted.unbind(1), strict=True)):
        weight, bias = ridge_solution(inputs.numpy(), scores.numpy())
        net.heads_output[head] = torch.from_numpy(weight).to(net.heads_output)
        net.heads_bias[head] = bias
