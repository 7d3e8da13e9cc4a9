"""Batches of small prepared mosaics, such as crops, denoised and demosaiced natively; without gradients."""

import torch
from torch import Tensor

from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.frames.batch import FrameBatch
from isp_env.native.build import call
from isp_env.native.parameters import geometries_of, mosaic_parameters
from isp_env.native.proxies import are_finite, takes


def can_balance(prepared: FrameBatch, gains: Tensor, strengths: list[PerImage]) -> bool:
    """Return whether `balanced` has a kernel here for these mosaics and numbers, all finite, of which nobody asks a gradient."""
    given = (prepared.samples, gains, *strengths, prepared.noise, prepared.sensor_noise)
    wanted = torch.is_grad_enabled() and any(each.requires_grad for each in given)
    return not wanted and takes(prepared.samples) and are_finite(*given)


@torch.no_grad()
def balanced(prepared: FrameBatch, gains: Tensor, strengths: list[PerImage]) -> LinearRgb:
    """Return white-balanced linear camera RGB of mosaics of even size, as `pipeline` makes it with "menon".

    `strengths`: of luma's and chroma's denoising. The same bits for any number of threads, and for a mosaic alone or in a batch.
    """
    count, _, height, width = prepared.samples.shape
    lateral = None if prepared.lateral is None else geometries_of(prepared.lateral)
    shading = None if prepared.shading is None else prepared.shading.gains.contiguous()
    rgb = prepared.samples.new_empty(count, 3, height, width)
    parameters = mosaic_parameters(prepared, gains, strengths)
    samples = prepared.samples.contiguous()
    call("mosaics_balance", parameters, count, torch.get_num_threads(), lateral, shading, samples, rgb)
    return rgb
