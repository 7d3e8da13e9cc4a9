"""What an optimiser may have done to a picture, in numbers that are no penalty and no score."""

from dataclasses import dataclass, fields

import torch

from attiqa_core.srgb import channel_length, lab_from_srgb, luma
from attiqa_core.tensors import Images, PerImage
from isp_env.measures.own_white import own_white, reduced
from isp_env.observe import CLIPPED_HIGH, CLIPPED_LOW, noise_level

WHITE_LUMA = 0.75
"""Display luma at which the colour of a picture's own white is told: light, and in gamut for all but the strongest casts."""


@dataclass(frozen=True)
class PictureMeasures:
    """Measures of each picture.

    `chroma`: mean distance of CIELAB a*, b* from neutral; `own_chroma`: the same after division by the picture's own white,
    so that a cast is no colour and its removal takes none; it means little where a subject fills the picture. `cast`: that distance of the picture's own white. `clipped`: the
    share of pixels that are black or have a channel at its end. `noise`: sigma of luma in display code values. `luma`: its mean.
    """

    chroma: PerImage
    own_chroma: PerImage
    cast: PerImage
    clipped: PerImage
    noise: PerImage
    luma: PerImage

    @classmethod
    @torch.no_grad()
    def of(cls, images: Images) -> "PictureMeasures":
        """Return the measures of display sRGB pictures. Chroma and cast are read off reduced ones: noise is no colour."""
        small = reduced(images)
        white = own_white(small)[:, :, None, None]
        balanced = (small / white).clamp(0, 1)
        black, blown = luma(images) < CLIPPED_LOW, images.amax(1, keepdim=True) > CLIPPED_HIGH
        return cls(
            _distance_from_neutral(small),
            _distance_from_neutral(balanced),
            _distance_from_neutral(WHITE_LUMA * white),
            (black | blown).float().mean((1, 2, 3)),
            noise_level(images),
            luma(images).mean((1, 2, 3)),
        )

    def row(self, index: int) -> dict[str, float]:
        """Return one picture's measures by name."""
        return {field.name: float(getattr(self, field.name)[index]) for field in fields(self)}


def _distance_from_neutral(images: Images) -> PerImage:
    """The mean length of CIELAB (a*, b*)."""
    return channel_length(lab_from_srgb(images)[:, 1:]).mean((1, 2))
