"""What the penalties look at in a picture, and what of it an agent is shown."""

from dataclasses import dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.srgb import luma
from attiqa_core.tensors import Crops, Images, PerImage
from isp_env.measures.own_white import cast_of, chroma_about, own_white, reduced
from isp_env.observe import least_noise, shown_noise

CHROMA_DARK = 0.02  # of luma: below, the logarithm of chroma says nothing
LEAST_CONTRAST = 0.01  # deviation of luma: a picture of one grey has no share of it
CAST_SCALE = 4.0  # shown per unit of ln(R/G): a cast of 0.25, strong, is 1


@dataclass(frozen=True)
class Reference:
    """What of a render the penalties look at; that of the camera default is what they are measured against.

    `noise` is that of the crops, where there are any. `contrast` is the deviation of luma, of pictures averaged down. `chroma` is about the picture's own white, `plain_chroma` about neutral grey, so that a cast counts in it.
    """

    noise: PerImage
    chroma: PerImage
    plain_chroma: PerImage
    cast: Float[Tensor, "batch 2"]
    contrast: PerImage

    @classmethod
    def of(cls, images: Images, crops: Crops | None = None) -> "Reference":
        small = reduced(images)
        white = own_white(small)
        plain = chroma_about(small, torch.ones_like(white))
        return cls(least_noise(images, crops), chroma_about(small, white), plain, cast_of(white), contrast_of(small))

    @classmethod
    def concatenate(cls, parts: "list[Reference]") -> "Reference":
        return cls(*(torch.cat([getattr(part, name) for part in parts]) for name in _MEASURED))

    def take(self, ids: Tensor) -> "Reference":
        return Reference(*(getattr(self, name)[ids] for name in _MEASURED))

    def table(self) -> Float[Tensor, "batch columns"]:
        """Return everything as one table."""
        return torch.cat(
            [self.noise[:, None], self.chroma[:, None], self.plain_chroma[:, None], self.cast, self.contrast[:, None]],
            1,
        )

    def colours(self) -> Float[Tensor, "batch 4"]:
        """Return the entries of `observe.COLOURS`, within about [-3, 3]: log2 of both kinds of chroma, 0 at a quarter of luma,
        so that a difference of two is a share, and the own white's cast."""
        chroma = torch.stack([self.chroma, self.plain_chroma], 1).clamp_min(CHROMA_DARK).log2() + 2
        return torch.cat([chroma, CAST_SCALE * self.cast], 1)

    def observed(self) -> Float[Tensor, "batch 5"]:
        """Return the entries of `observe.DEFAULTS`: noise as the statistic of that name has it, and `colours`."""
        return torch.cat([shown_noise(self.noise)[:, None], self.colours()], 1)


def contrast_of(small: Images) -> PerImage:
    """Return the standard deviation of luma, LEAST_CONTRAST for a picture that has less."""
    return luma(small).var((1, 2, 3), correction=0).clamp_min(LEAST_CONTRAST**2).sqrt()


_MEASURED = tuple(field.name for field in fields(Reference))
