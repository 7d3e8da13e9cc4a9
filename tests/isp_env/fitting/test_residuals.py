"""Residuals: nothing for the same picture, and known values."""

import pytest
import torch

from isp_env.fitting.residuals import MOST_DB, Residual


def grey(value):
    return torch.full((3, 16, 16), value)


def test_the_same_picture_leaves_nothing():
    picture = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert Residual.of(picture, picture) == Residual(0.0, 0.0, MOST_DB, 1.0)


def test_known_values():
    left = Residual.of(grey(0.5), grey(0.6))
    assert left.psnr == pytest.approx(20, abs=1e-3)
    # L* of sRGB 0.5 is 53.39, of 0.6 it is 63.19: over S_L = 1 + 0.015 (L' - 50)^2 / sqrt(20 + (L' - 50)^2), L' their mean
    assert left.delta_e == left.delta_e_95 == pytest.approx(9.80 / 1.1037, abs=0.05)


def test_the_high_end_is_that_of_the_worst_places():
    picture = grey(0.5)
    picture[:, :4] = 0.8
    left = Residual.of(picture, grey(0.5))
    assert left.delta_e_95 > 3 * left.delta_e > 0
