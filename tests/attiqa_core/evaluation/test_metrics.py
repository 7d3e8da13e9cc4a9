import json

import numpy as np
import pytest
from scipy import optimize

from attiqa_core.evaluation.metrics import agreement, fit_logistic, krocc, plcc, ranking_accuracy, rmse, srocc

RISING = np.arange(10.0)


def plcc_logistic(predicted, target):
    return agreement(predicted, target)["plcc_logistic"]


@pytest.mark.parametrize("metric", [srocc, plcc, krocc, plcc_logistic])
def test_perfect_agreement_is_one_and_reversal_minus_one(metric):
    assert metric(RISING, 2 * RISING + 5) == pytest.approx(1, abs=1e-6)
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


@pytest.mark.parametrize("unknown", [np.nan, np.inf, -np.inf])
def test_pairs_with_a_number_that_is_not_finite_do_not_count(unknown):
    assert ranking_accuracy([1, 2, 3, 0], [1, 2, 3, unknown]) == 1
    assert ranking_accuracy([1, 3, 2, unknown], [1, 2, 3, 4]) == pytest.approx(2 / 3)
    assert ranking_accuracy([1, 2], [1, unknown]) is None


def test_a_predictor_that_takes_good_for_bad_is_not_turned_round_by_the_curve():
    """A falling curve gave such a predictor a PLCC of about +0.89."""
    random = np.random.default_rng(5)
    mos = random.uniform(0, 100, 200)
    inverted = 1 / (1 + np.exp((mos - 50) / 12)) + 0.15 * random.normal(size=200)
    measured = agreement(inverted, mos)
    assert fit_logistic(inverted, mos) is None and measured["logistic_fitted"] is False
    assert measured["srocc"] < -0.8 and measured["plcc_logistic"] == measured["plcc"] < -0.8
    upright = agreement(-inverted, mos)
    assert upright["logistic_fitted"] is True and upright["plcc_logistic"] > upright["plcc"] > 0.8


def test_the_fitted_curve_is_scipys_four_parameter_logistic():
    random = np.random.default_rng(2)
    mos = random.uniform(0, 100, 80)
    predicted = np.log(10 + mos) + 0.1 * random.normal(size=80)

    def curve(x, top, bottom, middle, width):
        return bottom + (top - bottom) / (1 + np.exp(-(x - middle) / abs(width)))

    start = [mos.max(), mos.min(), predicted.mean(), predicted.std() / 4]
    expected, _ = optimize.curve_fit(curve, predicted, mos, p0=start, maxfev=5000)
    reference = plcc(curve(predicted, *expected), mos)
    assert plcc_logistic(predicted, mos) == pytest.approx(reference, abs=1e-6)


def test_agreement_is_null_where_undefined_and_says_whether_the_curve_was_fitted():
    mos = np.linspace(0, 100, 30)
    assert agreement(np.full(30, 5.0), mos)["srocc"] is None
    measured = agreement(np.sqrt(mos), mos)
    assert measured["srocc"] == pytest.approx(1) and measured["logistic_fitted"] is True
    few = agreement(np.sqrt(mos[:4]), mos[:4])
    assert few["logistic_fitted"] is False and few["plcc_logistic"] == few["plcc"]


def test_a_prediction_that_is_not_finite_leaves_json_valid():
    measured = agreement([1, 2, np.nan, 4, 5, 6], [1, 2, 3, 4, 5, 6])
    assert measured["srocc"] is None and measured["rmse"] is None
    json.dumps(measured, allow_nan=False)
