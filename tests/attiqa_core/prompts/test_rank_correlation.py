import warnings

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import spearmanr

from attiqa_core.prompts.rank_correlation import pair_sroccs


def by_scipy(positive, negative, target):
    """The plain way: one call for each pair."""
    result = np.full((len(positive), positive.shape[1], negative.shape[1]), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for group, row, column in np.ndindex(*result.shape):
            scores = positive[group, row] - negative[group, column]
            result[group, row, column] = spearmanr(scores, target).statistic
    return result


def likeness(groups=1, positives=4, negatives=3, images=200, digits=None, seed=0):
    random = np.random.default_rng(seed)
    sides = [random.normal(0.2, 0.05, (groups, prompts, images)) for prompts in (positives, negatives)]
    return [(side if digits is None else side.round(digits)).astype(np.float32) for side in sides]


@pytest.mark.parametrize("digits", [None, 2, 1], ids=["few ties", "many ties", "nearly all tied"])
@pytest.mark.parametrize("groups, images", [(1, 2), (1, 3), (3, 11), (1, 2000)])
def test_every_pair_equals_scipy(groups, images, digits):
    positive, negative = likeness(groups, images=images, digits=digits)
    target = np.random.default_rng(1).normal(50, 20, images)
    for each in (target, target.round(-1), np.arange(images)):
        expected = by_scipy(positive, negative, each)
        np.testing.assert_allclose(pair_sroccs(positive, negative, each), expected, rtol=0, atol=1e-9)


def test_scores_of_float32_tie_and_are_averaged():
    positive, negative = likeness(images=6000)
    scores = positive[0, 0] - negative[0, 0]
    assert len(np.unique(scores)) < len(scores)
    target = np.arange(6000.0)
    np.testing.assert_allclose(
        pair_sroccs(positive, negative, target), by_scipy(positive, negative, target), rtol=0, atol=1e-9
    )


def test_perfect_order_is_one_reversed_is_minus_one_and_zero_has_no_sign():
    rising = np.float32([[[-2, -1, -0.0, 1, 2]]])
    nothing = np.zeros((1, 1, 5), np.float32)
    assert pair_sroccs(rising, nothing, [1, 2, 3, 4, 5]) == 1
    assert pair_sroccs(nothing, rising, [1, 2, 3, 4, 5]) == -1
    signed = np.float32([[[-1, -0.0, 0.0, -0.0, 1]]])
    expected = spearmanr([-1, 0, 0, 0, 1], [1, 5, 2, 3, 4]).statistic
    assert pair_sroccs(signed, nothing, [1, 5, 2, 3, 4])[0, 0, 0] == pytest.approx(expected, abs=1e-12)
    assert pair_sroccs(nothing, -signed, [1, 5, 2, 3, 4])[0, 0, 0] == pytest.approx(expected, abs=1e-12)


def test_what_is_undefined_is_nan_and_not_zero():
    positive, negative = likeness(images=50)
    target = np.random.default_rng(0).normal(size=50)
    constant = positive.copy()
    constant[0, 1], negative[0, 2] = 0.5, 0.25
    result = pair_sroccs(constant, negative, target)
    assert np.isnan(result[0, 1, 2]) and np.isfinite(result).sum() == result.size - 1
    assert np.isnan(pair_sroccs(positive, negative, np.full(50, 3.0))).all()
    assert np.isnan(pair_sroccs(positive, negative, np.where(np.arange(50) == 7, np.nan, target))).all()
    assert np.isnan(pair_sroccs(positive[..., :1], negative[..., :1], target[:1])).all()


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_likeness_that_is_not_finite_spoils_its_own_pairs_only(wrong):
    positive, negative = likeness(images=50)
    positive[0, 3, 10] = wrong
    result = pair_sroccs(positive, negative, np.arange(50))
    assert np.isnan(result[0, 3]).all() and np.isfinite(result[0, :3]).all()


@pytest.mark.parametrize("temperature", [1.0, 10.0, 100.0])
def test_the_result_does_not_depend_on_the_temperature(temperature):
    positive, negative = likeness(images=300)
    target = np.random.default_rng(2).normal(size=300)
    result = pair_sroccs(positive, negative, target)
    for row, column in np.ndindex(4, 3):
        probability = expit(temperature * (positive[0, row] - negative[0, column]).astype(np.float64))
        assert result[0, row, column] == pytest.approx(spearmanr(probability, target).statistic, abs=1e-9)


def test_the_number_of_threads_and_the_size_of_blocks_change_nothing(monkeypatch):
    positive, negative = likeness(2, images=100, digits=2)
    target = np.arange(100)
    result = pair_sroccs(positive, negative, target, threads=1)
    assert np.array_equal(result, pair_sroccs(positive, negative, target, threads=3))
    monkeypatch.setattr("attiqa_core.prompts.rank_correlation.BLOCK_SCORES", 1)
    assert np.array_equal(result, pair_sroccs(positive, negative, target))


def test_the_input_is_not_changed():
    positive, negative = likeness(images=20)
    before = positive.copy(), negative.copy()
    pair_sroccs(positive, negative, np.arange(20))
    assert np.array_equal(before[0], positive) and np.array_equal(before[1], negative)
