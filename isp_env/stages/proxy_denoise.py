"""Denoising of a proxy: how much of what denoising does to its frame, at full size, its averages show.

Noise cannot be taken from a proxy as it is from its frame. Demosaicing follows noise that is as strong as the light, to a maze
where little is averaged, to a wrong colour where much is (its root scale takes the most from the noisiest colours); so a
proxy carries both: the averages of its frame demosaiced as it is, and denoised before.
"""

from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.stages.denoise import DEFAULT_CHROMA, DEFAULT_LUMA

REFERENCE_STRENGTHS = (DEFAULT_LUMA, DEFAULT_CHROMA)
"""Luma's and chroma's, by which frames are denoised before they are averaged: the camera default's in the dark, where it matters."""


def denoise_proxy(
    camera_rgb: LinearRgb,
    denoised_rgb: LinearRgb,
    wb_gains: Float[Tensor, "batch 3"],
    denoise_luma: PerImage,
    denoise_chroma: PerImage,
) -> LinearRgb:
    """Return linear camera RGB between the averages of a frame as it is and of the same frame denoised.

    At strength 0 the former, bit for bit; at REFERENCE_STRENGTHS and beyond the latter. What differs in the mean of the
    balanced channels is luma's, the rest chroma's.
    """
    gains = wb_gains[:, :, None, None]
    change = (denoised_rgb - camera_rgb) * gains
    luma = change.mean(1, keepdim=True)
    of_luma, of_chroma = (
        _shown(strength, reference)[:, None, None, None]
        for strength, reference in zip((denoise_luma, denoise_chroma), REFERENCE_STRENGTHS, strict=True)
    )
    return camera_rgb + (of_luma * luma + of_chroma * (change - luma)) / gains


def _shown(strength: PerImage, reference: float) -> PerImage:
    """The share of the change that shows: noise is left in proportion to the rest of the strength, and moves colours by its square."""
    return 1 - (1 - strength / reference).clamp_min(0).square()
