import numpy as np
import pytest
import torch

from isp_env.proxies.area import area_weights, averaged_noise
from isp_env.raw import RawFrame
from isp_env.sensor.cfa import CFA_PATTERNS, cfa_sites

GAINS = (2.0, 1.0, 1.6)


def grey_mosaic(cfa: str, level: float, noise: tuple[float, float], edge: int = 240) -> RawFrame:
    """A neutral field of balanced `level` with drawn noise, in steps far below it."""
    mean = np.zeros((edge, edge))
    for (row, column), colour in cfa_sites(cfa).items():
        mean[row::2, column::2] = level / GAINS[(0, 1, 1, 2)[colour]]
    drawn = np.random.default_rng(3).standard_normal(mean.shape)
    samples = (mean + drawn * np.sqrt(noise[0] * mean + noise[1])) * 50000 + 5000
    return RawFrame.from_mosaic(
        samples.round().astype(np.uint16), cfa, black_level_dn=5000, white_level_dn=55000, wb_as_shot=GAINS, noise=noise
    )


@pytest.mark.parametrize(("old", "new"), [(10, 10), (96, 40), (97, 32), (12, 30)])
def test_weights_of_each_pixel_sum_to_one(old, new):
    weights = area_weights(old, new)
    assert weights.shape == (new, old)
    assert np.allclose(weights.sum(1), 1, atol=1e-5)


def test_averaging_by_a_whole_number_is_average_pooling():
    picture = torch.rand(1, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    weights = torch.from_numpy(area_weights(12, 4))
    torch.testing.assert_close(weights @ picture @ weights.T, torch.nn.functional.avg_pool2d(picture, 3))


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
@pytest.mark.parametrize(("level", "noise"), [(0.3, (1e-4, 0.0)), (0.0, (0.0, 1e-5))])
@pytest.mark.parametrize("edge", [240, 160, 60])
def test_noise_of_a_grey_field_is_what_is_stated(cfa, level, noise, edge):
    """Mean over R, G and B in balanced light. 54^2 pixels of 3 channels tell a variance to 1.5 %."""
    proxy = grey_mosaic(cfa, level, noise).proxy(edge)
    gains = np.array(GAINS)
    measured = (proxy.samples[3:-3, 3:-3] * gains).reshape(-1, 3).var(0).mean()
    stated = (gains * proxy.noise[0] * level + gains**2 * proxy.noise[1]).mean()
    assert measured == pytest.approx(stated, rel=0.04)


def test_without_a_mosaic_the_pixels_averaged_divide_the_variance():
    assert averaged_noise((4.0, 1.0), None, GAINS, (60, 40), (30, 10)) == pytest.approx((0.5, 0.125))


def test_enlarging_counts_the_noise_as_unchanged():
    assert averaged_noise((1.0, 2.0), None, GAINS, (30, 10), (60, 40)) == pytest.approx((1.0, 2.0))
