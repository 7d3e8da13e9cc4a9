"""SSIM: 1 for the same picture, less the more it is spoiled; FiveK's tests hold it against the paper's equation."""

import pytest
import torch

from attiqa_core.errors import InputError
from attiqa_core.evaluation.ssim import REACH_PX, WINDOWS, ssim

GENERATOR = torch.Generator().manual_seed(0)
PICTURE, NOISE = (torch.rand(1, 3, 16, 14, generator=GENERATOR) for _ in range(2))


@pytest.mark.parametrize("window", WINDOWS)
def test_it_is_1_for_the_same_and_falls_with_noise_either_way(window):
    spoiled = [ssim(PICTURE.lerp(NOISE, share), PICTURE, window) for share in (0.0, 0.1, 0.3, 1.0)]
    assert spoiled[0] == pytest.approx(1) and spoiled == sorted(spoiled, reverse=True) and spoiled[-1] < 0.2
    assert ssim(PICTURE, NOISE, window) == pytest.approx(ssim(NOISE, PICTURE, window))


@pytest.mark.parametrize("window", WINDOWS)
def test_a_picture_smaller_than_the_window_is_refused(window):
    px = REACH_PX[window]
    assert ssim(PICTURE[..., :px], PICTURE[..., :px], window) == pytest.approx(1)
    with pytest.raises(InputError, match=f"SSIM looks at {px} px, and a picture has {px - 1}x16"):
        ssim(PICTURE[..., : px - 1], PICTURE[..., : px - 1], window)
