"""The e-SFR against theory: an edge blurred by a Gaussian and by the square aperture of a pixel."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import erf

from attiqa_core.errors import InputError
from experiments.chart.sharpness import falls_to, measure_sfr

HALF_WIDTH = 29.5  # px from the edge to the side of the regions here


def slanted_edge(
    sigma_px: float, angle_deg: float, *, height: int = 80, width: int = 60, noise: float = 0.0, samples: int = 8
) -> np.ndarray:
    """An edge from 0.1 to 0.7, each pixel the mean of samples x samples points."""
    inside = (np.arange(samples) + 0.5) / samples - 0.5
    y, x = ((np.arange(size)[:, None] + inside).ravel() for size in (height, width))
    slope = np.tan(np.radians(angle_deg))
    across = (x[None] - (width - 1) / 2 - 0.13 - slope * (y[:, None] - (height - 1) / 2)) * np.cos(
        np.radians(angle_deg)
    )
    light = 0.4 + 0.3 * erf(across / np.sqrt(2) / sigma_px)
    pixels = light.reshape(height, samples, width, samples).mean((1, 3))
    return pixels + np.random.default_rng(0).normal(0, noise, pixels.shape) if noise else pixels


def theory(level: float, sigma_px: float, angle_deg: float = 0.0, *, aperture: bool = True) -> float:
    cosine, sine = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))

    def response(frequency: float) -> float:
        of_pixel = np.sinc(frequency * cosine) * np.sinc(frequency * sine) if aperture else 1.0
        return float(np.exp(-2 * (np.pi * sigma_px * frequency) ** 2) * of_pixel - level)

    return brentq(response, 1e-4, 0.99)


def window_error(sigma_px: float) -> float:
    """By how much the Hamming window narrows a Gaussian line: its curvature at the middle adds to the line's own."""
    return 0.5 * 0.46 * np.pi**2 * sigma_px**2 / HALF_WIDTH**2


@pytest.mark.parametrize("angle_deg", [3, 5, -7, 10, 20])
@pytest.mark.parametrize("sigma_px", [0.5, 0.8, 1.2, 2.0])
def test_mtf50_of_a_blurred_edge_is_the_theorys_within_half_a_per_cent_beyond_the_windows_own_error(
    sigma_px, angle_deg
):
    found, wanted = measure_sfr(slanted_edge(sigma_px, angle_deg)), theory(0.5, sigma_px, angle_deg)
    assert found.mtf50 is not None and abs(found.mtf50 / wanted - 1 - window_error(sigma_px)) < 0.005
    assert found.angle_deg == pytest.approx(abs(angle_deg), abs=0.02)


def test_without_an_aperture_mtf50_of_a_gaussian_is_the_textbooks():
    sigma_px = 1.5
    wanted = np.sqrt(np.log(2) / 2) / (np.pi * sigma_px)
    found = measure_sfr(slanted_edge(sigma_px, 5, samples=1)).mtf50
    assert theory(0.5, sigma_px, aperture=False) == pytest.approx(wanted, rel=1e-9)
    assert found == pytest.approx(wanted * (1 + window_error(sigma_px)), rel=0.005)


def test_mtf10_is_the_theorys_and_none_where_it_lies_beyond_nyquist():
    assert measure_sfr(slanted_edge(1.2, 5)).mtf10 == pytest.approx(theory(0.1, 1.2, 5), rel=0.01)
    assert measure_sfr(slanted_edge(0.5, 5)).mtf10 is None


def test_noise_of_a_sixtieth_of_the_edge_moves_mtf50_by_less_than_three_per_cent():
    for sigma_px in (0.8, 1.2):
        found = measure_sfr(slanted_edge(sigma_px, 5, noise=0.01)).mtf50
        assert found == pytest.approx(theory(0.5, sigma_px, 5), rel=0.03)


def test_an_edge_that_lies_or_falls_the_other_way_measures_the_same():
    edge = slanted_edge(0.8, 5)
    upright = measure_sfr(edge)
    for turned in (edge.T, edge[:, ::-1], edge[::-1], 0.8 - edge):
        assert measure_sfr(turned).mtf50 == pytest.approx(upright.mtf50, rel=2e-3)


def test_more_light_changes_nothing():
    edge = slanted_edge(0.8, 5)
    assert measure_sfr(3 * edge).mtf50 == pytest.approx(measure_sfr(edge).mtf50, rel=1e-9)


def test_the_response_is_one_at_no_frequency_and_ends_at_nyquist():
    found = measure_sfr(slanted_edge(0.8, 5))
    assert found.response[0] == 1 and found.frequency[0] == 0 and 0.47 < found.frequency[-1] <= 0.5


def test_what_is_no_slanted_edge_is_refused_with_the_cure():
    bent = slanted_edge(0.8, 5)
    bent[40:] = np.roll(bent[40:], 6, 1)
    for region, word in (
        (slanted_edge(0.8, 0.5), "turned"),
        (slanted_edge(0.8, 5)[:8], "too small"),
        (np.full((40, 40), 0.5), "no edge|contrast"),
        (slanted_edge(0.8, 5)[:, 26:], "middle|side|contrast"),
        (bent, "straight|strays"),
    ):
        with pytest.raises(InputError, match=word):
            measure_sfr(region)


def test_a_level_is_found_between_two_frequencies():
    assert falls_to(np.array([0, 0.1, 0.2]), np.array([1, 0.6, 0.4]), 0.5) == pytest.approx(0.15)
    assert falls_to(np.array([0, 0.1]), np.array([1, 0.6]), 0.5) is None
