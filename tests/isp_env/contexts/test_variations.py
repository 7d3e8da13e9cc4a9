from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attiqa_core.errors import UsageError
from isp_env.contexts.variations import ERRORS, EVERYTHING, ContextRanges, Variation, draw_variation, is_chosen


@given(st.integers(2, 500), st.integers(2, 500), st.floats(0.05, 1), st.floats(0, 1), st.floats(0, 1))
def test_windows_begin_at_even_places_and_lie_inside(height, width, scale, down, across):
    part = Variation(crop_scale=scale, place=(down, across)).part_of(height, width)
    assert part.top % 2 == part.left % 2 == 0
    assert 0 <= part.top < part.bottom <= height and 0 <= part.left < part.right <= width


def test_a_scale_of_one_is_the_whole_picture_of_odd_size_too():
    assert tuple(Variation(place=(1, 1)).part_of(33, 47)) == (0, 0, 33, 47)


def test_drawn_numbers_lie_in_their_ranges_and_no_proxy_is_enlarged():
    drawn = [draw_variation(np.random.default_rng(seed), EVERYTHING, 0.7) for seed in range(300)]
    exposures = [each.exposure_ev for each in drawn]
    assert -2.2 <= min(exposures) < -1.9 and 0.7 < max(exposures) <= 1.0
    assert min(each.crop_scale for each in drawn) >= 0.7 and max(each.crop_scale for each in drawn) <= 1
    mired = np.array([each.white_balance_mired for each in drawn])
    assert abs(mired).max() <= 80 and mired.std() == pytest.approx(37, abs=5)  # a sigma of 40, cut at two
    assert 100 < sum(each.mirror for each in drawn) < 200


def test_a_range_does_not_move_what_another_draws():
    one, other = (draw_variation(np.random.default_rng(5), ranges) for ranges in (EVERYTHING, ERRORS))
    assert other == replace(one, crop_scale=1.0, mirror=False, noise_stops=0.0)


@given(st.floats(0, 1), st.floats(0, 1, exclude_max=True), st.integers(0, 30), st.integers(1, 30))
def test_of_any_variants_that_follow_each_other_the_share_is_chosen_to_within_one(share, first, begin, count):
    chosen = sum(is_chosen(variant, share, first) for variant in range(begin, begin + count))
    assert abs(chosen - share * count) <= 1 + 1e-9


@pytest.mark.parametrize("first", [0.0, 0.4, np.nextafter(1, 0)])
def test_none_is_chosen_of_a_share_of_nothing_and_every_one_of_all(first):
    assert not any(is_chosen(variant, 0.0, first) for variant in range(20))
    assert all(is_chosen(variant, 1.0, first) for variant in range(20))


@pytest.mark.parametrize(
    ("ranges", "name"),
    [
        ({"crop_scale": (0.9, 0.5)}, "--crop-scale"),
        ({"exposure_ev": (-9.0, 0.0)}, "--exposure-ev"),
        ({"noise_stops": (-1.0, 0.0)}, "--noise-stops"),
        ({"white_balance_mired": float("nan")}, "--white-balance-mired"),
        ({"white_balance_duv": 0.2}, "--white-balance-duv"),
    ],
)
def test_ranges_that_are_none_are_refused(ranges, name):
    with pytest.raises(UsageError, match=name):
        ContextRanges(**ranges).check()
