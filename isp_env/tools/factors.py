"""Brightness, contrast and gamma: each channel by a number. Facts from DRL-ISP, which calls kornia for them.

A factor goes from its identity to its full size with the strength: sums in equal steps, products and powers in equal ratios.
Source: Shin, Lee, Kweon 2022, DRL-ISP (arXiv:2207.03081), `common/trad_tool.py` of its repository, with kornia 0.3.2.
"""

from attiqa_core.tensors import Images, PerImage
from isp_env.tools.tool import amounts

GAMMA_GAIN = 1.2  # of every gamma tool of DRL-ISP, whether it brightens or darkens
DARKEST = 1 / 65535  # one step of 16 bits: below it a power is straight, for its slope at 0 has no bound


def brighten(images: Images, strength: PerImage | None, by: float) -> Images:
    """Return x + strength by, clipped."""
    return (images + amounts(images, strength) * by).clamp(0, 1)


def scale(images: Images, strength: PerImage | None, factor: float) -> Images:
    """Return x factor^strength, clipped: what OpenCV and kornia call contrast, about black and not about a mean."""
    return (images * factor ** amounts(images, strength)).clamp(0, 1)


def bend(images: Images, strength: PerImage | None, power: float, gain: float = 1.0) -> Images:
    """Return gain^strength x^(power^strength), clipped; a power below 1 brightens. Below `DARKEST` it is straight, so that
    gradients are finite."""
    amount = amounts(images, strength)
    curve = images * images.clamp_min(DARKEST) ** (power**amount - 1)
    return (curve * gain**amount).clamp(0, 1)
