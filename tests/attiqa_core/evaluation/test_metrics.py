import numpy as np
import pytest

from attiqa_core.evaluation.metrics import krocc, plcc, plcc_logistic, ranking_accuracy, rmse, srocc

RISING = np.arange(10.0)


@pytest.mark.parametrize("metric", [srocc, plcc, krocc, plcc_logistic])
def test_perfect_agreement_is_one_and_reversal_minus_one(metric):
    assert metric(RISING, 2 * RISING + 5) == pytest.approx(1, abs=1e-6)
    if metric is not plcc_logistic:  # the fitted curve may fall
        assert metric(-RISING, RISING) == pytest.approx(-1)


@pytest.mark.parametrize("metric", [srocc, plcc, krocc, plcc_logistic])
def test_a_constant_side_is_undefined_not_zero(metric):
    assert metric(np.ones(5), np.arange(5)) is None


def test_srocc_is_unmoved_by_any_rising_function():
    assert srocc(np.exp(RISING), RISING) == pytest.approx(1)


def test_logistic_fit_straightens_a_saturating_scorer():
    mos = np.linspace(0, 100, 60)
    saturating = 1 / (1 + np.exp(-(mos - 50) / 6))
    assert plcc_logistic(mos, saturating) > 0.999 > plcc(mos, saturating)


def test_rmse_keeps_the_unit():
    assert rmse([1, 2], [4, 6]) == pytest.approx(np.sqrt(12.5))


def test_ranking_accuracy_counts_pairs_and_halves_its_own_ties():
    assert ranking_accuracy([1, 2, 3], [1, 2, 3]) == 1
    assert ranking_accuracy([1, 1], [1, 2]) == 0.5
    assert ranking_accuracy([1, 2], [3, 3]) is None
