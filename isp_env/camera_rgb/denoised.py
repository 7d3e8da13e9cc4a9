"""Samples without their noise, mosaics and RGB, at the levels where the noise profile holds."""

from collections.abc import Callable, Sequence

from torch import Tensor

from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.frames.batch import FrameBatch
from isp_env.native import denoising, proxies
from isp_env.stages.denoise import denoise_planes, denoise_rgb
from isp_env.stages.lens_shading import plane_gains, rgb_gains
from isp_env.stages.mosaic import Planes, pack, unpack
from isp_env.stages.proxy_denoise import denoise_proxy


def denoised_samples(prepared: FrameBatch, strengths: Sequence[PerImage]) -> Tensor:
    """Return the samples of frames that went through `prepare` without their noise; `strengths`: luma's and chroma's."""
    if not prepared.is_mosaic:
        return denoised_rgb(prepared, strengths)
    return unpack(denoised_planes(prepared, strengths), prepared.cfa_index)


def denoised_planes(batch: FrameBatch, strengths: Sequence[PerImage]) -> Planes:
    """Return the colours' planes of prepared mosaics without their noise."""
    planes = pack(batch.samples, batch.cfa_index)
    shading = batch.shading and plane_gains(batch.shading, batch.cfa_index, planes)
    return _at_sensor_levels(denoise_planes, planes, shading, _profile(batch, strengths))


def denoised_rgb(batch: FrameBatch, strengths: Sequence[PerImage]) -> LinearRgb:
    """Return the samples of prepared RGB without their noise; of proxies between the averages as they are and denoised."""
    if batch.denoised is not None:
        return denoise_proxy(batch.samples, batch.denoised, batch.wb_as_shot, *strengths)
    shading = batch.shading and rgb_gains(batch.shading, batch.samples)
    is_native = proxies.takes(batch.samples) and not batch.samples.requires_grad
    denoise = denoising.denoise_rgb if is_native else denoise_rgb
    return _at_sensor_levels(denoise, batch.samples, shading, _profile(batch, strengths))


def _profile(batch: FrameBatch, strengths: Sequence[PerImage]) -> tuple[Tensor, ...]:
    return (batch.noise, batch.sensor_noise, batch.wb_as_shot, batch.scale, *strengths)


def _at_sensor_levels(
    denoise: Callable[..., Tensor], samples: Tensor, shading: Tensor | None, profile: tuple
) -> Tensor:
    """The samples denoised at the levels before lens shading, for which the noise profile holds.

    The mean of the colours' gains is undone, which leaves white balance as it is; strength 0 still changes no bit.
    """
    if shading is None:
        return denoise(samples, *profile)
    gain = shading.mean(1, keepdim=True)
    at_sensor = samples / gain
    return samples - gain * (at_sensor - denoise(at_sensor, *profile))
