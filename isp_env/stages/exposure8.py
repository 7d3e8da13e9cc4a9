"""The eight filters of Exposure, all of which may act at once; seven of them are AdaptiveISP's, too, with the same ranges.

Source: Hu, He, Xu, Wang, Lin 2018, Exposure: A White-Box Photo Post-Processing Framework, ACM TOG 37(2);
ranges and order are those of the code it was published with (`config_example.py`: exposure 3.5, gamma 3, 8 segments, tone slopes
0.5 to 2, colour slopes 0.9 to 1.1; `filters.py`: white balance e^+-0.5 with red fixed, contrast -1 to 1).
There an agent picks one filter after another, and the picture that it starts from is the sensor's linear RGB, as it is shown.
Here all eight are one action, in the published order, about our camera default: exposure and white balance act on scene-linear
light before the tone map, the other six on display values. AdaptiveISP (Wang et al., NeurIPS 2024, `config.py`) leaves out the
colour curves and adds sharpening, denoising and a colour matrix: none of these is taken. Clips within the filters are left out: the pipeline clips at its end.

Three things differ from the published formulas: gamma runs straight to black below 0.001, where it would lift black to 0.1;
greys stay grey under saturation, where their noise would turn into colour; and what lies outside [0, 1] keeps its distance to a curve's end.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.srgb import luma
from attiqa_core.tensors import Images, PerImage
from isp_env.parameters.table import EXPOSURE8_NAMES, SEGMENTS
from isp_env.stages.camera import REC2020_LUMA

Filters = Float[Tensor, "batch filters"]
"""One column for each of `EXPOSURE8_NAMES`."""

Slopes = Float[Tensor, "batch segments"]

GAMMA_TOE = 1e-3
_PALE = 0.1  # largest less smallest channel at which saturation acts by half, so that noise in greys stays grey


def scene_gains(filters: Filters) -> Float[Tensor, "batch 3"]:
    """Return what linear Rec.2020 is multiplied by: 2^exposure, and gains of white balance that keep the luminance of grey."""
    green, blue = _column(filters, "green"), _column(filters, "blue")
    gains = torch.stack([torch.zeros_like(green), green, blue], 1).exp()
    brighter = ((gains - 1) * gains.new_tensor(REC2020_LUMA)).sum(1, keepdim=True)
    return gains / (1 + brighter) * torch.exp2(_column(filters, "exposure_ev"))[:, None]


def filtered(display: Images, filters: Filters) -> Images:
    """Return display sRGB after gamma, saturation, tone curve, contrast, black-and-white and the colour curves.

    It may leave [0, 1], before and after. Each filter at its identity changes nothing, bit for bit.
    """
    display = gamma(display, _column(filters, "gamma"))
    display = saturate(display, _column(filters, "saturation"))
    display = curve(display, _slopes(filters, "tone"))
    display = contrast(display, _column(filters, "contrast"))
    display = desaturate(display, _column(filters, "grey"))
    colours = [
        curve(display[:, channel : channel + 1], _slopes(filters, f"{colour}_curve"))
        for channel, colour in enumerate(("red", "green", "blue"))
    ]
    return torch.cat(colours, 1)


def gamma(display: Images, exponent: PerImage) -> Images:
    """Return x^exponent, and below GAMMA_TOE the straight line from there to black."""
    return display * display.clamp_min(GAMMA_TOE).pow(_wide(exponent) - 1)


def saturate(display: Images, share: PerImage) -> Images:
    """Return the picture mixed with one whose HSV saturation is s + 0.8 (1 - s) (0.5 - |0.5 - v|); hue and value stay.

    With value v and smallest channel m, s' / s moves a channel c by -0.8 m (0.5 - |0.5 - v|) (v - c) / (v - m): no HSV is
    needed. The last fraction is times r^2 / (r^2 + _PALE^2), r = v - m, which keeps greys.
    """
    value, smallest = display.amax(1, keepdim=True), display.amin(1, keepdim=True)
    strength = 0.8 * smallest.clamp(0, 1) * (0.5 - (0.5 - value.clamp(0, 1)).abs())
    chroma = value - smallest
    return display - _wide(share) * strength * (value - display) * chroma / (chroma.square() + _PALE**2)


def curve(display: Float[Tensor, "batch channels height width"], slopes: Slopes) -> Tensor:
    """Return the picture through a curve of straight segments from (0, 0) to (1, 1), with slopes in this proportion."""
    count = slopes.shape[1]
    mean = (slopes - 1).mean(1, keepdim=True)
    excess = (slopes - 1 - mean) / (1 + mean)
    place = display.flatten(1).clamp(0, 1) * count
    segment = place.detach().floor().clamp(0, count - 1).long()
    before = torch.cat([torch.zeros_like(excess[:, :1]), excess.cumsum(1)[:, :-1]], 1)
    added = before.gather(1, segment) + (place - segment) * excess.gather(1, segment)
    return display + added.view_as(display) / count


def contrast(display: Images, share: PerImage) -> Images:
    """Return the picture with luma y moved towards (1 - cos(pi y)) / 2, or as far away from it where `share` is below 0."""
    grey = luma(display).clamp(0, 1)
    gain = (1 - (math.pi * grey).cos()) / 2 / (grey + 1e-6)
    return display * (1 + _wide(share) * (gain - 1))


def desaturate(display: Images, share: PerImage) -> Images:
    """Return the picture mixed with its luma."""
    return display + _wide(share) * (luma(display) - display)


def _column(filters: Filters, name: str) -> PerImage:
    return filters[:, EXPOSURE8_NAMES.index(f"e8_{name}")]


def _slopes(filters: Filters, name: str) -> Slopes:
    start = EXPOSURE8_NAMES.index(f"e8_{name}_1")
    return filters[:, start : start + SEGMENTS]


def _wide(values: PerImage) -> Float[Tensor, "batch 1 1 1"]:
    return values[:, None, None, None]
