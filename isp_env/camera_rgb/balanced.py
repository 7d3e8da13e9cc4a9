"""White-balanced camera RGB: noise, lateral colour, demosaicing."""

from torch import Tensor

from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.camera_rgb.denoised import denoised_planes, denoised_rgb
from isp_env.frames.batch import FrameBatch
from isp_env.native import mosaics
from isp_env.stages import demosaic as demosaicing
from isp_env.stages.aberration import correct_lateral_aberration, correct_mosaic_aberration
from isp_env.stages.demosaic import Demosaic
from isp_env.stages.lateral import put_rgb_together, put_together
from isp_env.stages.mosaic import per_plane, unpack


def balanced_rgb(
    batch: FrameBatch,
    strengths: list[PerImage],
    gains: Tensor,
    demosaic: Demosaic,
    of_lens: Tensor | None,
    native: bool,
) -> LinearRgb:
    """Return prepared frames as white-balanced camera RGB: denoised, red and blue put together with green, demosaiced.

    `strengths`: of denoising, luma's and chroma's; `gains`: of white balance, (N, 3); `of_lens`: the lens's parameters, None
    where none is at work; `native`: the kernel may do mosaics.
    """
    if not batch.is_mosaic:
        balanced = denoised_rgb(batch, strengths) * gains[:, :, None, None]
        balanced = balanced if batch.lateral is None else put_rgb_together(balanced, batch.lateral)
        if of_lens is None:
            return balanced
        return correct_lateral_aberration(balanced, of_lens[:, 0], of_lens[:, 1], batch.optical_centre_px, batch.scale)
    if native and demosaic == "menon" and of_lens is None and mosaics.can_balance(batch, gains, strengths):
        return mosaics.balanced(batch, gains, strengths)
    planes = denoised_planes(batch, strengths) * per_plane(gains)
    if batch.lateral is not None:
        planes = put_together(planes, batch.cfa_index, batch.lateral)
    if of_lens is not None:
        planes = correct_mosaic_aberration(
            planes, batch.cfa_index, of_lens[:, 0], of_lens[:, 1], batch.optical_centre_px, batch.scale
        )
    return demosaicing.demosaic(unpack(planes, batch.cfa_index), batch.cfa_index, demosaic)
