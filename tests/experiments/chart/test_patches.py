"""Means and noise of patches, of a flat picture with known noise and of the planted raw."""

import numpy as np
import pytest
import torch

from attiqa_core.srgb import srgb_from_linear
from experiments.chart.patches import detrended_variance, noise_profile, picture_patches, raw_patches
from experiments.chart.placement import Placement
from experiments.chart.reference import GREYS

SQUARES = Placement(np.array([[40.0, 0, 30], [0, 40, 30], [0, 0, 1]]))


def four_sigma(samples: float) -> float:
    """The relative error of a standard deviation that one in 16,000 exceeds."""
    return 4 / np.sqrt(2 * samples)


def test_a_gradient_is_no_noise():
    rows, columns = (each.ravel() for each in np.mgrid[:20, :20])
    noise = np.random.default_rng(0).normal(0, 0.01, 400)
    tilted = 0.5 + 0.01 * rows - 0.02 * columns + noise
    assert detrended_variance(0.5 + 0.01 * rows - 0.02 * columns, rows, columns) < 1e-20
    assert detrended_variance(tilted, rows, columns) == pytest.approx(1e-4, rel=2 * four_sigma(400))


def test_a_flat_picture_gives_its_light_its_noise_and_luminances():
    linear = np.full((3, 180, 260), 0.2) + np.random.default_rng(0).normal(0, 0.01, (3, 180, 260))
    found = picture_patches(srgb_from_linear(torch.from_numpy(linear)).float(), SQUARES)
    count = found.samples[0, 0]
    assert found.mean == pytest.approx(np.full((24, 3), 0.2), abs=4 * 0.01 / np.sqrt(count))
    assert found.noise[:, :3] == pytest.approx(np.full((24, 3), 0.01), rel=four_sigma(count))
    of_luminance = 0.01 * np.sqrt(0.2126**2 + 0.7152**2 + 0.0722**2)
    assert found.noise[:, 3] == pytest.approx(np.full(24, of_luminance), rel=four_sigma(count))
    assert found.snr_db[:, 0] == pytest.approx(np.full(24, 20 * np.log10(20)), abs=1.2)
    assert not found.clipped.any()


def test_patches_at_an_end_are_named():
    picture = torch.full((3, 180, 260), 0.5)
    picture[0, :, :60] = 1.0
    assert picture_patches(picture, SQUARES).clipped.nonzero()[0].tolist() == [0, 6, 12, 18]


@pytest.mark.slow
def test_the_raws_planted_noise_is_found_within_its_sampling_error(planted):
    found = raw_patches(planted.frame, planted.placement)
    a, b = 2e-5, 1e-8
    ratio = found.noise / np.sqrt(a * found.level + b)
    assert (np.abs(ratio - 1) < four_sigma(found.samples)).all()
    shot, read = noise_profile(found)
    # 24 patches of 3 channels: the slope is known to about 1.4 / sqrt(all samples), fivefold for what a and b share
    assert shot == pytest.approx(a, rel=7 / np.sqrt(found.samples.sum())) and read < 3e-7


@pytest.mark.slow
def test_the_raws_greys_have_the_planted_light(planted):
    found = raw_patches(planted.frame, planted.placement)
    balanced = found.mean[GREYS] * planted.frame.wb_as_shot
    light = ((planted.lab[GREYS, 0] + 16) / 116) ** 3 * 2**-0.5
    assert balanced[:, 1] == pytest.approx(light, rel=0.02)
    assert not found.clipped.any()
