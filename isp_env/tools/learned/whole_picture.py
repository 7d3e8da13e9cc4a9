"""The networks that say numbers for the whole picture, by a thumbnail of it: gains, and the power and saturation of colour and tone.

Physics does the rest: the numbers act in linear light, on each pixel alone, so that no halo and no blotch can be made.
"""

import itertools
from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from attiqa_core.srgb import LUMA_601, linear_from_srgb, luma, srgb_from_linear
from attiqa_core.tensors import Images, PerImage
from isp_env.tools.learned.residual import begin_at_zero
from isp_env.tools.strips import Place

THUMB_PX = 32  # sides of what such a network looks at
DARKEST = 1e-3  # of linear light, below which no ratio of channels is asked for
DARKEST_TONE = 1e-5  # of linear light, below which a power is straight
EV_PER_UNIT = 2.0  # what the last layer's 1 means
STRIDED = 2  # layers that halve what they see; those after them add to it
LEFT_ALONE_EV = {"exposure": 0.25, "white balance": 0.12, "colour tone": 0.25}
"""Once trained, networks that ask for less change nothing; about half of the photos that nothing is wrong with ask for less."""

Seen = Float[Tensor, "batch 3 places"]
"""A thumbnail's pixels in a row, and what else was summed of the whole picture."""


class WholePicture(nn.Module):
    """Numbers that a thumbnail says about a whole picture: convolutions, and a mean weighed by the network's own trust.

    Source: Hu, Wang, Lin 2017, FC4 (confidence-weighted pooling), section 3.
    """

    def __init__(self, layers: int, channels: int, numbers: int):
        super().__init__()
        widths = [5, *[channels] * (layers - 1)]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride=2 if layer < STRIDED else 1, padding=1)
            for layer, (before, after) in enumerate(itertools.pairwise(widths))
        )
        self.last = nn.Conv2d(channels, numbers + 1, 1)
        begin_at_zero(self.last)

    def forward(self, thumbs: Images) -> Float[Tensor, "batch numbers"]:
        features = seen_of(thumbs)
        for convolution in self.convolutions[:STRIDED]:
            features = functional.relu(convolution(features))
        for convolution in self.convolutions[STRIDED:]:
            features = features + functional.relu(convolution(features))
        said = self.last(features).flatten(2)
        return (said[:, 1:] * said[:, :1].softmax(2)).sum(2)


class OfWholePicture(nn.Module):
    """A network whose numbers change each pixel alike; measured first, then changed, so that strips will do."""

    model: str
    numbers: int

    def __init__(self, layers: int, channels: int):
        super().__init__()
        self.look = WholePicture(layers, channels, self.numbers)

    def forward(self, images: Images, strength: PerImage) -> Images:
        place = Place(0, images.shape[2])
        return self.change(images, strength, self.measure(images, place), place)

    def measure(self, strip: Images, place: Place) -> Seen:
        """Return a strip's part of what the numbers are said of, to be summed over the strips of a picture."""
        return part_of_thumbs(strip, place).flatten(2)

    @abstractmethod
    def change(self, strip: Images, strength: PerImage, seen: Seen, place: Place) -> Images:
        """Return a strip changed by the numbers that are said of what was seen, times the strength."""

    def asked_ev(self, seen: Seen) -> Float[Tensor, "batch numbers"]:
        """Return the numbers, in stops; once trained, nothing for a picture of which less is asked than is worth it."""
        thumbs = seen[:, :, : THUMB_PX**2].unflatten(2, (THUMB_PX, THUMB_PX))
        asked_ev = EV_PER_UNIT * self.look(thumbs)
        if self.training:
            return asked_ev
        return asked_ev * (asked_ev.norm(dim=1, keepdim=True) >= LEFT_ALONE_EV[self.model])

    def _if_asked(self, asked_ev: Tensor, strip: Images, changed: Images) -> Images:
        """What was changed; once trained, bit for bit the picture of which nothing is asked. In training this would end all gradients,
        for a fresh network asks for nothing."""
        if self.training:
            return changed
        return torch.where((asked_ev == 0).all(1)[:, None, None, None], strip, changed)


class Exposure(OfWholePicture):
    """A picture exposed by so many EV more, or less, as its thumbnail asks for; linear light, highlights clip."""

    model, numbers = "exposure", 1

    def change(self, strip: Images, strength: PerImage, seen: Seen, place: Place) -> Images:
        exposure_ev = self.asked_ev(seen) * strength[:, None]
        return self._if_asked(exposure_ev, strip, _with_gains(strip, exposure_ev.exp2()))


class WhiteBalance(OfWholePicture):
    """A picture with gains of red and blue over green as its thumbnail asks for; linear light, about equally bright."""

    model, numbers = "white balance", 2

    def measure(self, strip: Images, place: Place) -> Seen:
        light = linear_from_srgb(strip).mean((2, 3)) * (strip.shape[2] / place.height)
        return torch.cat([super().measure(strip, place), light[:, :, None]], 2)

    def change(self, strip: Images, strength: PerImage, seen: Seen, place: Place) -> Images:
        asked_ev = self.asked_ev(seen) * strength[:, None]
        gains = torch.stack([asked_ev[:, 0], torch.zeros_like(strength), asked_ev[:, 1]], 1).exp2()
        means = seen[:, :, -1] * strip.new_tensor(LUMA_601)
        before, after = (each.sum(1, keepdim=True).clamp_min(1e-6) for each in (means, means * gains))
        return self._if_asked(asked_ev, strip, _with_gains(strip, gains * (before / after)))


class ColourTone(OfWholePicture):
    """A picture whose camera values are made colour and tone: a power, three gains and a saturation, in linear light.

    In this order, after the linear light of the code values; the saturation is about the luma of the light.
    """

    model, numbers = "colour tone", 5

    def change(self, strip: Images, strength: PerImage, seen: Seen, place: Place) -> Images:
        asked_ev = self.asked_ev(seen) * strength[:, None]
        stops = asked_ev.exp2()[:, :, None, None]
        power, saturation, gains = stops[:, :1], stops[:, 1:2], stops[:, 2:]
        light = linear_from_srgb(strip)
        light = light * light.clamp_min(DARKEST_TONE) ** (power - 1) * gains
        grey = luma(light)
        developed = srgb_from_linear((grey + saturation * (light - grey)).clamp_min(0)).clamp(0, 1)
        return self._if_asked(asked_ev, strip, developed)


def part_of_thumbs(strip: Images, place: Place) -> Float[Tensor, "batch 3 thumb thumb"]:
    """Return what a strip adds to its picture's thumbnail, a mean over areas as `adaptive_avg_pool2d` has them."""
    rows, width = strip.shape[2], strip.shape[3]
    across = functional.adaptive_avg_pool2d(strip, (rows, THUMB_PX)) if width != THUMB_PX else strip
    down = _shares(place.height, strip)[:, place.top : place.top + rows]
    return torch.einsum("ir,bcrw->bciw", down, across)


def _shares(height: int, like: Tensor) -> Float[Tensor, "thumb height"]:
    """The share that each row has in each row of a thumbnail."""
    place = torch.arange(THUMB_PX, device=like.device)[:, None]
    first, end = place * height // THUMB_PX, -(-(place + 1) * height // THUMB_PX)
    row = torch.arange(height, device=like.device)
    return ((row >= first) & (row < end)).to(like) / (end - first)


def seen_of(thumbs: Images) -> Float[Tensor, "batch 5 height width"]:
    """Return display values about 0, and the EV of red and of blue over green in linear light."""
    linear = linear_from_srgb(thumbs).clamp_min(DARKEST).log2()
    over_green = linear[:, ::2] - linear[:, 1:2]
    return torch.cat([thumbs - 0.5, over_green], 1)


def _with_gains(images: Images, gains: Float[Tensor, "batch channels"]) -> Images:
    """Pictures with gains of linear light."""
    return srgb_from_linear(linear_from_srgb(images) * gains[:, :, None, None]).clamp(0, 1)
