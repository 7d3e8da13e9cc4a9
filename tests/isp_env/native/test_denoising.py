"""Denoising of proxies by the kernel is torch's, and so is its gradient."""

import pytest
import torch
from fixtures.native_proxies import COUNT, batch
from fixtures.tolerances import rounding

from isp_env.native import denoising
from isp_env.stages.denoise import denoise_rgb

pytestmark = pytest.mark.usefixtures("built_kernel")


@pytest.mark.parametrize("scale", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0])
@pytest.mark.slow
def test_denoising_and_its_gradient_are_torchs(scale, strength):
    frames = batch(scale=scale)
    given_ = (frames.samples * 0.1, frames.noise, frames.sensor_noise, frames.wb_as_shot, frames.scale)
    weights, results = torch.randn(frames.samples.shape, generator=torch.Generator().manual_seed(2)), []
    for stage in (denoising.denoise_rgb, denoise_rgb):
        strengths = torch.tensor([[strength, 0.7 * strength]] * COUNT).requires_grad_(True)
        denoised = stage(*given_, *strengths.unbind(1))
        (gradient,) = torch.autograd.grad((denoised * weights).sum(), strengths)
        results.append((denoised.detach(), gradient))
    (ours, our_gradient), (expected, gradient) = results
    torch.testing.assert_close(ours, expected, atol=rounding(40), rtol=0)
    torch.testing.assert_close(
        our_gradient, gradient, atol=rounding(400, float(gradient.abs().max())), rtol=rounding(400)
    )
    assert strength > 0 or torch.equal(ours, given_[0])
