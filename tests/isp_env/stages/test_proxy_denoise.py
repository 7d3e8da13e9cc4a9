import pytest
import torch
from fixtures.seeded import per_image, uniform

from isp_env.stages.proxy_denoise import REFERENCE_STRENGTHS, denoise_proxy

GAINS = torch.tensor([[1.9, 1.0, 1.7]])
LUMA, CHROMA = REFERENCE_STRENGTHS
AS_IT_IS, DENOISED = uniform(1, 3, 8, 9), uniform(1, 3, 8, 9, seed=1)


def between(luma: float | torch.Tensor, chroma: float | torch.Tensor) -> torch.Tensor:
    strengths = (each if isinstance(each, torch.Tensor) else per_image(each) for each in (luma, chroma))
    return denoise_proxy(AS_IT_IS, DENOISED, GAINS, *strengths)


def test_zero_strength_changes_no_bit():
    assert torch.equal(between(0.0, 0.0), AS_IT_IS)


@pytest.mark.parametrize("strengths", [(LUMA, CHROMA), (1.0, 1.0)])
def test_at_the_reference_and_beyond_it_is_the_denoised_one(strengths):
    torch.testing.assert_close(between(*strengths), DENOISED, rtol=0, atol=1e-6)  # eight roundings of numbers up to 2


def test_luma_moves_all_balanced_channels_alike_and_chroma_not_their_mean():
    grey, coloured = ((moved - AS_IT_IS) * GAINS[..., None, None] for moved in (between(LUMA, 0), between(0, CHROMA)))
    torch.testing.assert_close(grey, grey.mean(1, keepdim=True).expand_as(grey), rtol=0, atol=2e-6)
    torch.testing.assert_close(coloured.mean(1), torch.zeros(1, 8, 9), rtol=0, atol=2e-6)
    torch.testing.assert_close(grey + coloured, (DENOISED - AS_IT_IS) * GAINS[..., None, None], rtol=0, atol=4e-6)


def test_more_strength_shows_more_of_the_change_and_the_slope_ends_smoothly():
    strength = torch.linspace(0, 1, 101, dtype=torch.float64, requires_grad=True)
    zero = torch.zeros(101, 3, 1, 1, dtype=torch.float64)
    ones = torch.ones(101, dtype=torch.float64)
    shown = denoise_proxy(zero, zero + 1, torch.ones(101, 3, dtype=torch.float64), strength, ones)[:, 0, 0, 0]
    (slope,) = torch.autograd.grad(shown.sum(), strength)
    assert (slope >= 0).all() and (slope[strength >= LUMA] == 0).all() and (slope[strength < LUMA - 0.01] > 0).all()
    assert slope.diff().abs().max() < 0.1 * slope.max()
    torch.testing.assert_close(shown[-1], ones[0])
