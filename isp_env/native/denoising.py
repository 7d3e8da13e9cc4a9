"""`stages.denoise.denoise_rgb` natively, with its gradient in the two strengths: the samples are data."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.native.build import call
from isp_env.stages.denoise import OPPONENTS_OF_RGB, noise_energy_terms, scales_there
from isp_env.stages.stabilise import dark_terms, stabilising_offset

Numbers = Float[Tensor, "batch numbers"]
"""The members of `RgbNumbers` in denoise_rgb.cpp, in its order."""


def denoise_rgb(
    camera_rgb: LinearRgb,
    noise: Float[Tensor, "batch 2"],
    sensor_noise: Float[Tensor, "batch 2"],
    wb_gains: Float[Tensor, "batch 3"],
    scale: PerImage,
    denoise_luma: PerImage,
    denoise_chroma: PerImage,
) -> LinearRgb:
    """Return what the stage of that name does. Differentiable once, in the two strengths alone."""
    assert not any(each.requires_grad for each in (camera_rgb, noise, sensor_noise, wb_gains, scale))
    strength = torch.stack([denoise_luma, denoise_chroma, denoise_chroma], 1)
    numbers = _numbers(noise, sensor_noise, wb_gains, scale)
    if torch.is_grad_enabled() and strength.requires_grad:
        return _Denoised.apply(camera_rgb.contiguous(), numbers, strength)
    return _forward(camera_rgb.contiguous(), torch.cat([numbers, strength], 1), False)[0]


class _Denoised(torch.autograd.Function):
    """The native stage with its own adjoint."""

    @staticmethod
    def forward(ctx: Any, camera_rgb: LinearRgb, numbers: Numbers, strength: Float[Tensor, "batch 3"]) -> LinearRgb:
        numbers = torch.cat([numbers, strength], 1)
        denoised, removed, slopes = _forward(camera_rgb, numbers, True)
        ctx.save_for_backward(camera_rgb, numbers, removed, slopes)
        return denoised

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_denoised: Tensor) -> tuple[None, None, Tensor]:
        camera_rgb, numbers, removed, slopes = ctx.saved_tensors
        of_strength = torch.empty_like(numbers[:, -3:])
        planes = (camera_rgb, removed, slopes, of_denoised.contiguous())
        call("denoise_rgb_backward", numbers, *_sizes(camera_rgb), *planes, of_strength)
        return None, None, of_strength


def _forward(camera_rgb: LinearRgb, numbers: Numbers, with_slopes: bool) -> tuple[LinearRgb, Tensor, Tensor | None]:
    """The picture, what was removed from its roots' opponents, and its slope in the strengths."""
    denoised, removed = torch.empty_like(camera_rgb), torch.empty_like(camera_rgb)
    slopes = torch.empty_like(camera_rgb) if with_slopes else None
    call("denoise_rgb_forward", numbers, *_sizes(camera_rgb), camera_rgb, denoised, removed, slopes)
    return denoised, removed, slopes


def _sizes(camera_rgb: LinearRgb) -> tuple[int, int, int, int]:
    count, _, height, width = camera_rgb.shape
    return count, height, width, torch.get_num_threads()


@torch.no_grad()
def _numbers(
    noise: Float[Tensor, "batch 2"],
    sensor_noise: Float[Tensor, "batch 2"],
    wb_gains: Float[Tensor, "batch 3"],
    scale: PerImage,
) -> Numbers:
    """All but the strengths."""
    offset = stabilising_offset(noise, wb_gains.mean(1)[:, None, None, None]).flatten(1)
    terms = noise_energy_terms(noise, wb_gains, OPPONENTS_OF_RGB, offset)
    there = scales_there(-1 - scale.log2(), sensor_noise)
    dark = [term.flatten(1) for term in dark_terms(sensor_noise, wb_gains[:, :, None, None])]
    mixing = noise.new_tensor(OPPONENTS_OF_RGB).flatten().expand(len(noise), -1)
    return torch.cat([wb_gains, mixing, *terms, there, offset, *dark], 1)
