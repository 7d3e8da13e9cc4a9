import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from experiments.study.intervals.crossed_spread import CrossedSpread


@pytest.mark.parametrize("raters", [3, 6, 30])
def test_where_raters_alone_matter_it_is_students_interval_of_their_number(raters):
    half = CrossedSpread(0.01, 1e-9, 1e-9, raters, 500).half_width()
    assert half == pytest.approx(0.1 * student.ppf(0.975, raters - 1), rel=0.03)


def test_without_clustering_it_is_nearly_that_of_independent_votes():
    half = CrossedSpread(0.01, 0.01, 0.01, 60, 200).half_width()
    assert half == pytest.approx(0.1 * norm.ppf(0.975), rel=0.08)


def test_sums_that_come_out_negative_are_hardly_narrower_than_independent_votes():
    assert CrossedSpread(0.0, 0.0, 0.01, 6, 6).half_width() == pytest.approx(0.9 * 0.1 * norm.ppf(0.975))


def test_raters_and_images_stand_alike():
    one, other = CrossedSpread(0.02, 0.01, 0.004, 5, 9), CrossedSpread(0.01, 0.02, 0.004, 9, 5)
    assert one.half_width() == pytest.approx(other.half_width(), rel=0.03)


@pytest.mark.parametrize("parts", [(0.02, 0.01, 0.004, 5, 40), (0.0, 0.0, 0.01, 6, 6), (0.01, 0.01, 0.01, 3, 20)])
def test_the_test_and_the_interval_say_the_same(parts):
    spread = CrossedSpread(*parts)
    half = spread.half_width()
    assert spread.p_value(half) == pytest.approx(0.05, abs=1e-4)
    assert spread.p_value(-1.01 * half) < 0.05 < spread.p_value(0.99 * half)
    assert np.all(np.diff([spread.half_width(each) for each in (0.5, 0.9, 0.95, 0.99)]) > 0)
