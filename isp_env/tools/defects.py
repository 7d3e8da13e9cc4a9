"""Planted defects: what is wrong with a picture is known, by how much, and which tools are a right first step.

Pictures are display sRGB in [0, 1]. A severity lies in [0, 1] and is one for each picture; 0 leaves it as it is, bit for
bit. Every picture draws from a stream of its own, whose seed is the next number of the caller's generator, whatever its
severity: in a batch it becomes what it would have become alone.
Light is mixed, gained and counted before the display curve, so all but JPEG is planted in linear light.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from torchvision.transforms.v2.functional import jpeg

from attiqa_core.distortions.edits import cast_of, exposed
from attiqa_core.filters import gaussian_blur
from attiqa_core.srgb import linear_from_srgb, luma, srgb_from_linear
from attiqa_core.tensors import Images, PerImage
from isp_env.tools.tool import Tool

SHOT_SIGMA = 0.15  # of linear light at white, at severity 1: about 45 photo-electrons fill a pixel
READ_SIGMA = 0.008  # of linear light, whatever the light
BLUR_SIGMA_PX = 2.5
DARKEST_EV = -3.0
CAST_EV = 1.5  # between the strongest and the weakest channel
JPEG_QUALITIES = (90, 8)  # as severity leaves 0, and at 1; geometric between
SMALLEST_TIMES = 3.0  # sides that a picture was enlarged by
TONE_POWER = 2.2  # of display values that are a camera's linear ones
RED_GAINS, BLUE_GAINS = (1.9, 2.4), (1.5, 1.9)  # a camera's white balance. Source: Brooks et al. 2019, arXiv:1811.11127
GREYED = (0.3, 0.5)  # share of the luma that a camera's broad filters mix into each channel

OneImage = Float[Tensor, "1 3 height width"]


@dataclass(frozen=True)
class Defect:
    """Something wrong with a picture, and what is a right first step against it."""

    name: str
    plant: Callable[[Images, PerImage, np.random.Generator], Images]
    """`plant(images, severity, generator)`: new pictures with the defect."""
    mended_by: frozenset[str]
    """Kinds of tool that are a right first step."""
    has_to_brighten: bool = False
    """Of `EITHER_WAY` only tools that brighten are right."""

    def mends(self, tool: Tool) -> bool:
        """Return whether a tool is a right first step: its kind mends, and it pushes the right way where it can push two."""
        if tool.kind not in self.mended_by:
            return False
        return not (self.has_to_brighten and tool.kind in EITHER_WAY) or brightens(tool)


EITHER_WAY = frozenset({"brightness", "gamma", "power", "contrast"})
"""Kinds whose tools brighten or darken by a factor of their own (contrast is a gain); which of the two says `brightens`."""


def brightens(tool: Tool) -> bool:
    """Return whether a tool makes a ramp of dark to middle greys brighter in the mean."""
    ramp = torch.linspace(0.1, 0.5, 8).expand(1, 3, 8, 8)
    return bool(tool(ramp).mean() > ramp.mean())


def noisy(image: OneImage, severity: float, generator: np.random.Generator) -> OneImage:
    """Return a picture with the noise of a sensor: shot noise that grows with the light's root, and read noise.

    Added to linear light, its three channels by themselves, and clipped there as a camera clips. DRL-ISP adds Gaussian noise
    of one sigma to display values; a sensor's is stronger in the dark once the curve has lifted it, which is what a tool for
    renders of raws has to know.
    Source: Foi et al. 2008, Practical Poissonian-Gaussian noise modeling, equation 2, the Poissonian part as a Gaussian.
    """
    linear = linear_from_srgb(image)
    sigma = severity * (SHOT_SIGMA**2 * linear + READ_SIGMA**2).sqrt()
    noise = torch.from_numpy(generator.standard_normal(image.shape, np.float32)).to(image)
    return srgb_from_linear((linear + sigma * noise).clamp(0, 1)).clamp(0, 1)


def blurred(image: OneImage, severity: float, generator: np.random.Generator) -> OneImage:
    """Return a picture out of focus: a Gaussian over linear light, up to `BLUR_SIGMA_PX` of its own pixels. Nothing is drawn."""
    sigma_px = image.new_tensor([severity * BLUR_SIGMA_PX])
    return srgb_from_linear(gaussian_blur(linear_from_srgb(image), sigma_px, BLUR_SIGMA_PX)).clamp(0, 1)


def dark(image: OneImage, severity: float, generator: np.random.Generator) -> OneImage:
    """Return a picture exposed too little, by up to 3 EV of linear light. Nothing is drawn."""
    return exposed(image, severity * DARKEST_EV)


def cast(image: OneImage, severity: float, generator: np.random.Generator) -> OneImage:
    """Return a picture under a wrong white balance: gains of linear light up to `CAST_EV` apart, about equally bright.

    The hue of the cast is drawn from the whole circle.
    """
    return cast_of(image, severity * CAST_EV, float(generator.uniform(0, 2 * math.pi)))


def compressed(image: OneImage, severity: float, generator: np.random.Generator) -> OneImage:
    """Return a picture after JPEG at a quality from 90 down to 8; 8 bits, chroma halved as cameras do. Nothing is drawn."""
    best, worst = JPEG_QUALITIES
    quality = round(best * (worst / best) ** severity)
    return jpeg((image * 255).round().byte().cpu(), quality).to(image) / 255


def enlarged(image: OneImage, severity: float, generator: np.random.Generator) -> OneImage:
    """Return a picture that had fewer pixels: its sides up to `SMALLEST_TIMES` shorter and back, bicubic, in linear light.

    DRL-ISP makes it on display values, by 2 or 3, without a filter against aliases. Nothing is drawn.
    """
    times = 1 + severity * (SMALLEST_TIMES - 1)
    size = [max(1, round(side / times)) for side in image.shape[2:]]
    fewer = functional.interpolate(linear_from_srgb(image), size, mode="bicubic", antialias=True).clamp(0, 1)
    return srgb_from_linear(functional.interpolate(fewer, image.shape[2:], mode="bicubic").clamp(0, 1)).clamp(0, 1)


def undeveloped(image: OneImage, severity: float, generator: np.random.Generator) -> OneImage:
    """Return a picture whose colour and tone nobody made: a camera's values, at severity 1 shown as if they were display values.

    Linear light is mixed with its luma, as broad filters do, loses its gains of red and blue, and its display curve; each is
    drawn, or taken in part by the severity.
    """
    red, blue, grey = (float(generator.uniform(*each)) for each in (RED_GAINS, BLUE_GAINS, GREYED))
    linear = linear_from_srgb(image)
    mixed = torch.lerp(linear, luma(linear).expand_as(linear), severity * grey)
    gains = image.new_tensor([red, 1.0, blue]).view(1, 3, 1, 1) ** severity
    return srgb_from_linear((mixed / gains) ** (TONE_POWER**severity)).clamp(0, 1)


def _each(spoil: Callable[[OneImage, float, np.random.Generator], OneImage]):
    """The planting of a batch, picture by picture, each from its own stream."""

    def plant(images: Images, severity: PerImage, generator: np.random.Generator) -> Images:
        result = images.clone()
        for index, amount in enumerate(severity.tolist()):
            own = np.random.default_rng(int(generator.integers(2**63)))
            if amount > 0:
                result[index] = spoil(images[index : index + 1], amount, own)[0]
        return result

    return plant


DEFECTS: dict[str, Defect] = {
    defect.name: defect
    for defect in (
        Defect("noise", _each(noisy), frozenset({"denoise", "blur", "bilateral"})),
        Defect("blur", _each(blurred), frozenset({"deblur", "sharpen"})),
        Defect(
            "dark",
            _each(dark),
            frozenset({"exposure", "brightness", "gamma", "power", "contrast", "clahe"}),
            has_to_brighten=True,
        ),
        Defect("cast", _each(cast), frozenset({"white balance", "grey world"})),
        Defect("jpeg", _each(compressed), frozenset({"dejpeg"})),
        Defect("enlarged", _each(enlarged), frozenset({"super-resolution", "deblur", "sharpen"})),
        Defect("undeveloped", _each(undeveloped), frozenset({"colour tone", "gamma", "power"}), has_to_brighten=True),
    )
}
"""Every planted defect, by name.

That its tools are right is physics, and was measured: see docs/learned-tools.md for what each tool does to the PSNR."""
