import pytest
from scipy.stats import binomtest

from experiments.study.intervals.wilson import wilson


@pytest.mark.parametrize("wins, count", [(0, 5), (3, 5), (5, 5), (116, 200), (6960, 12000)])
def test_wilson_agrees_with_scipy(wins, count):
    reference = binomtest(wins, count).proportion_ci(method="wilson")
    assert wilson(wins / count, count) == pytest.approx((reference.low, reference.high), abs=1e-9)


def test_wilson_takes_half_wins_and_is_symmetric():
    low, high = wilson(10.5 / 30, 30)
    assert wilson(19.5 / 30, 30) == pytest.approx((1 - high, 1 - low))
    assert wilson(10 / 30, 30)[0] < low < wilson(11 / 30, 30)[0]
