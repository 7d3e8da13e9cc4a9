"""The networks: residual ones for what is wrong with a neighbourhood, and such that say gains for the whole picture.

All take display sRGB (B, 3, H, W) in [0, 1] of any size with a strength for each picture and give the same; none has batch
statistics, so a picture comes out the same in any batch. Weights begin so that a network changes nothing.
"""

import itertools

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from attiqa_core.srgb import LUMA_601, linear_from_srgb, srgb_from_linear
from attiqa_core.tensors import Images, PerImage
from isp_env.tools.learned.table import Network

THUMB_PX = 32  # sides of what a network for the whole picture looks at
DARKEST = 1e-3  # of linear light, below which no ratio of channels is asked for
EV_PER_UNIT = 2.0  # what the last layer's 1 means
HAAR = ((1, 1, 1, 1), (1, -1, 1, -1), (1, 1, -1, -1), (1, -1, -1, 1))
DIFFERENCES_TIMES = 16.0
RESIDUAL_TIMES = 0.03
LEAK = 0.1  # a unit that has died learns nothing more
LEFT_ALONE_EV = {"exposure": 0.25, "white balance": 0.12}
"""Once trained, networks that ask for less change nothing; about half of the photos that nothing is wrong with ask for less."""


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
        _begin_at_zero(self.convolutions[-1])

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


class WholePicture(nn.Module):
    """Numbers that a thumbnail says about a whole picture: convolutions, and a mean weighed by the network's own trust.

    Source: Hu, Wang, Lin 2017, FC4 (confidence-weighted pooling), section 3.
    """

    def __init__(self, layers: int, channels: int, numbers: int):
        super().__init__()
        widths = [5, *[channels] * (layers - 1)]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride=2, padding=1) for before, after in itertools.pairwise(widths)
        )
        self.last = nn.Conv2d(channels, numbers + 1, 1)
        _begin_at_zero(self.last)

    def forward(self, images: Images) -> Float[Tensor, "batch numbers"]:
        features = seen_of(functional.adaptive_avg_pool2d(images, THUMB_PX))
        for convolution in self.convolutions:
            features = functional.relu(convolution(features))
        said = self.last(features).flatten(2)
        return (said[:, 1:] * said[:, :1].softmax(2)).sum(2)


class Exposure(nn.Module):
    """A picture exposed by so many EV more, or less, as its thumbnail asks for; linear light, highlights clip."""

    def __init__(self, layers: int, channels: int):
        super().__init__()
        self.look = WholePicture(layers, channels, 1)

    def forward(self, images: Images, strength: PerImage) -> Images:
        exposure_ev = self.asked_ev(images) * strength[:, None]
        return _with_gains(images, exposure_ev.exp2().expand(-1, 3))

    def asked_ev(self, images: Images) -> Float[Tensor, "batch 1"]:
        """Return the EV that each picture lacks."""
        return _worth_it(EV_PER_UNIT * self.look(images), LEFT_ALONE_EV["exposure"], self.training)


class WhiteBalance(nn.Module):
    """A picture with gains of red and blue over green as its thumbnail asks for; linear light, about equally bright."""

    def __init__(self, layers: int, channels: int):
        super().__init__()
        self.look = WholePicture(layers, channels, 2)

    def forward(self, images: Images, strength: PerImage) -> Images:
        red_ev, blue_ev = (self.asked_ev(images) * strength[:, None]).unbind(1)
        gains = torch.stack([red_ev, torch.zeros_like(red_ev), blue_ev], 1).exp2()
        means = linear_from_srgb(images).mean((2, 3)) * images.new_tensor(LUMA_601)
        before, after = (each.sum(1, keepdim=True).clamp_min(1e-6) for each in (means, means * gains))
        return _with_gains(images, gains * (before / after))

    def asked_ev(self, images: Images) -> Float[Tensor, "batch 2"]:
        """Return the EV that red and blue lack against green."""
        return _worth_it(EV_PER_UNIT * self.look(images), LEFT_ALONE_EV["white balance"], self.training)


def _worth_it(
    asked_ev: Float[Tensor, "batch numbers"], least_ev: float, training: bool
) -> Float[Tensor, "batch numbers"]:
    """What is asked for, and nothing once trained if it is less than the least."""
    return asked_ev if training else asked_ev * (asked_ev.norm(dim=1, keepdim=True) >= least_ev)


def seen_of(thumbs: Images) -> Float[Tensor, "batch 5 height width"]:
    """Return display values about 0, and the EV of red and of blue over green in linear light."""
    linear = linear_from_srgb(thumbs).clamp_min(DARKEST).log2()
    over_green = linear[:, ::2] - linear[:, 1:2]
    return torch.cat([thumbs - 0.5, over_green], 1)


def _with_gains(images: Images, gains: Float[Tensor, "batch 3"]) -> Images:
    """Pictures with gains of linear light; bit for bit as they are where all gains are 1."""
    changed = srgb_from_linear(linear_from_srgb(images) * gains[:, :, None, None]).clamp(0, 1)
    return torch.where((gains == 1).all(1)[:, None, None, None], images, changed)


def _begin_at_zero(convolution: nn.Module) -> None:
    assert isinstance(convolution, nn.Conv2d) and convolution.bias is not None
    nn.init.zeros_(convolution.weight)
    nn.init.zeros_(convolution.bias)


MODELS: dict[str, type[Residual] | type[Exposure] | type[WhiteBalance]] = {
    "residual": Residual,
    "exposure": Exposure,
    "white balance": WhiteBalance,
}


def fresh_network(network: Network, generator: torch.Generator) -> nn.Module:
    """Return an untrained network of the table, which changes nothing; its inner weights are drawn."""
    net = MODELS[network.model](network.layers, network.channels)
    for module in net.modules():
        if isinstance(module, nn.Conv2d) and module.weight.any():
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(module.bias)  # pyright: ignore
    return net
