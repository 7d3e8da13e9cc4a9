"""What the parameters come to for each frame: the map to scene light, the light that is white, the amounts of finishing."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import PerImage
from isp_env.frames.batch import FrameBatch
from isp_env.frames.camera_default import finishing, from_default
from isp_env.parameters.table import EXPOSURE8_NAMES
from isp_env.params import IspParams
from isp_env.stages import exposure8
from isp_env.stages.camera import working_space_map
from isp_env.stages.highlights import CLIP_END
from isp_env.stages.sharpen import LARGEST_SHARPEN

Look = Literal["camera", "linear"]
WorkingSpaceMap = tuple[Float[Tensor, "batch 3"], Float[Tensor, "batch 3 3"], PerImage]


def scene_map(prepared: FrameBatch, params: IspParams, look: Look) -> WorkingSpaceMap:
    """Return white balance, camera matrix, exposure and black end point of each image as one affine map."""
    exposure_ev = params["exposure_ev"]
    if look == "camera":
        exposure_ev = exposure_ev + prepared.exposure_ev
    gains, matrix, offset = working_space_map(
        prepared.colour, params["temperature_mired"], params["tint_duv"], exposure_ev, params["blacks"]
    )
    filters = params.table(EXPOSURE8_NAMES)
    if filters is not None:
        matrix = exposure8.scene_gains(filters)[:, :, None] * matrix
    return gains, matrix, offset


def finishing_amounts(batch: FrameBatch, params: IspParams, look: Look) -> tuple[PerImage, PerImage, PerImage]:
    """Return the amount of sharpening and the strengths of luma and chroma denoising; "linear" starts from none."""
    controls = (params["sharpen"], params["denoise_luma"], params["denoise_chroma"])
    if look == "camera":
        return finishing(batch.sensor_noise, *controls)
    none = torch.zeros_like(controls[0])
    largest = (LARGEST_SHARPEN, 1.0, 1.0)
    sharpen, luma, chroma = (from_default(none, each, most) for each, most in zip(controls, largest, strict=True))
    return sharpen, luma, chroma


def light_of_white(batch: FrameBatch) -> PerImage:
    """Return the scene-linear light of a blown area at the camera default: the largest gain times where clipping ends."""
    return CLIP_END * batch.wb_as_shot.amax(1) * torch.exp2(batch.exposure_ev)
