"""The residual network for what is wrong with a neighbourhood: a picture plus what a few convolutions find wrong with it."""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

from attiqa_core.tensors import Images, PerImage

HAAR = ((1, 1, 1, 1), (1, -1, 1, -1), (1, 1, -1, -1), (1, -1, -1, 1))
DIFFERENCES_TIMES = 16.0
RESIDUAL_TIMES = 0.03
LEAK = 0.1  # a unit that has died learns nothing more
SQUARE_PX = 2


def reach_px(layers: int) -> int:
    """Return how far such a network looks up and down: a square for each layer."""
    return SQUARE_PX * layers


class Residual(nn.Module):
    """A picture plus what `layers` 3x3 convolutions find wrong with it.

    They work on squares of 2x2 pixels, as means and differences: four times faster, and a field of view twice as wide (14 px
    with 3 layers, 34 px with 8). What is wrong is small, and so is what tells of it: differences come in enlarged and what the
    last layer says goes out reduced, else nothing is learned for thousands of steps.
    Source: Zhang et al. 2017 (DnCNN) for the residual, 2018 (FFDNet, section III) for the squares.
    """

    def __init__(self, layers: int, channels: int):
        super().__init__()
        widths = [12, *[channels] * (layers - 1), 12]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1, padding_mode="replicate")
            for before, after in itertools.pairwise(widths)
        )
        begin_at_zero(self.convolutions[-1])

    def forward(self, images: Images, strength: PerImage) -> Images:
        height, width = images.shape[2:]
        if not len(images):
            return images.clone()
        even = functional.pad(images, (0, width % 2, 0, height % 2), mode="replicate")
        squares = _to_planes(functional.pixel_unshuffle(even, 2))
        features = torch.cat([squares[:, :3] - 0.5, DIFFERENCES_TIMES * squares[:, 3:]], 1)
        features = functional.leaky_relu(self.convolutions[0](features), LEAK)
        for convolution in self.convolutions[1:-1]:
            features = features + functional.leaky_relu(convolution(features), LEAK)
        said = _from_planes(RESIDUAL_TIMES * self.convolutions[-1](features))
        residual = functional.pixel_shuffle(said, 2)[..., :height, :width]
        return (images + strength[:, None, None, None] * residual).clamp(0, 1)


def _to_planes(squares: Tensor) -> Tensor:
    """The mean of each colour's 2x2 pixels first, then its differences across, down and along the diagonal (Haar)."""
    turned = torch.einsum("kj,ncjhw->nkchw", squares.new_tensor(HAAR) / 4, squares.unflatten(1, (3, 4)))
    return turned.flatten(1, 2)


def _from_planes(planes: Tensor) -> Tensor:
    """The pixels of squares whose mean and differences are given, as `pixel_shuffle` takes them."""
    return torch.einsum("kj,nkchw->ncjhw", planes.new_tensor(HAAR), planes.unflatten(1, (4, 3))).flatten(1, 2)


def begin_at_zero(convolution: nn.Module) -> None:
    """Let a convolution say nothing until it is trained."""
    assert isinstance(convolution, nn.Conv2d) and convolution.bias is not None
    nn.init.zeros_(convolution.weight)
    nn.init.zeros_(convolution.bias)
