"""How a batch is scored while a network learns: in few passes over memory, and in bounded memory."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from attiqa_core.network.architecture import Precision
from attiqa_core.network.fuse import FoldedInTraining
from attiqa_core.network.model import AttiqaNet
from attiqa_core.tensors import Embeddings, Images, Scores

WHOLE_PIXELS = {"cpu": 1_000_000, "cuda": 40_000_000}
"""Pixels whose maps are kept for the way back; of a larger batch they are computed again, a part at a time. Lite0 keeps
about 1.4 kB a pixel. On a CPU small parts, which stay near its caches, save more than the second way forward costs."""

PART_PIXELS = 800_000

FAST_IMAGES = 17
"""From so many images on one thread takes oneDNN's kernels for convolutions of 1 x 1; fewer go a slow way (PyTorch 2.14)."""


def scoring(net: AttiqaNet, precision: Precision = "fp32") -> Callable[[Images], Scores]:
    """Return what scores a batch of images, with gradients to the network's parameters. See `pooling`."""
    pooled = pooling(net, precision)
    return lambda images: net.mos(pooled(images))


def pooling(net: AttiqaNet, precision: Precision = "fp32") -> Callable[[Images], Embeddings]:
    """Return what gives the pooled features of a batch of images, with gradients to the encoder's parameters.

    The encoder computes in the given precision; where the network's statistics are fixed they are folded into its kernels.
    """
    kind = net.device.type
    folded = FoldedInTraining(net) if net.statistics_are_fixed else None

    def features(images: Images) -> Embeddings:
        with torch.autocast(kind, torch.bfloat16, enabled=precision == "bf16"):
            return (net.features(images) if folded is None else folded("features", images)).float()

    return lambda images: _in_parts(features, images, WHOLE_PIXELS.get(kind, WHOLE_PIXELS["cpu"]))


def _in_parts(features: Callable[[Images], Embeddings], images: Images, whole_pixels: int) -> Tensor:
    """The features of a batch; of one that is too large, a part at a time, whose maps are not kept."""
    pixels = images[0, 0].numel()
    if len(images) * pixels <= whole_pixels:
        return features(images)
    least = FAST_IMAGES if images.device.type == "cpu" and torch.get_num_threads() == 1 else 1
    parts = images.tensor_split(max(1, len(images) // max(least, PART_PIXELS // pixels)))
    return torch.cat([checkpoint(features, part, use_reentrant=False) for part in parts])  # type: ignore[misc]
