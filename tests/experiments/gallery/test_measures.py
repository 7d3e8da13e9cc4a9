import base64

import numpy as np
import pytest

from experiments.gallery.measures import BINS, measure


def heights(measured):
    return np.frombuffer(base64.b64decode(measured["bins"]), np.uint8).reshape(4, BINS)


def test_a_plain_colour_stands_in_one_bin_of_each_channel():
    measured = measure(np.full((10, 20, 3), (40, 80, 120), np.uint8))
    luma = (54 * 40 + 183 * 80 + 19 * 120) // 256
    assert [int(row.argmax()) for row in heights(measured)] == [luma // 4, 10, 20, 30]
    assert heights(measured).sum() == 4 * 255 and measured["peak"] == 1
    assert measured["mean"] == pytest.approx(luma / 255, abs=1e-4)


def test_clipped_shares_count_pixels_with_any_channel_at_an_end():
    rgb = np.full((10, 10, 3), 100, np.uint8)
    rgb[0, :3, 0], rgb[1, :5] = 255, 0
    measured = measure(rgb)
    assert (measured["white"], measured["black"]) == (0.03, 0.05)


def test_what_is_clipped_does_not_flatten_the_rest():
    rgb = np.full((10, 10, 3), 255, np.uint8)
    rgb[0, :2] = 100
    assert heights(measure(rgb))[1, 25] == 255 and measure(rgb)["peak"] == 0.02


def test_a_black_picture_is_no_division_by_zero():
    assert measure(np.zeros((3, 1, 3), np.uint8))["black"] == 1


@pytest.mark.slow
def test_every_so_many_pixel_of_a_large_picture_stands_for_all():
    rgb = np.random.default_rng(0).integers(0, 256, (1400, 2600, 3), dtype=np.uint8)
    counted, chance = (350 * 650), 1 - (254 / 256) ** 3
    spread = (chance * (1 - chance) / counted) ** 0.5
    assert measure(rgb)["white"] == pytest.approx(chance, abs=5 * spread)
