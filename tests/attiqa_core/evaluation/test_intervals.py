import numpy as np
import pytest
from scipy import stats

from attiqa_core.evaluation.intervals import (
    Judged,
    compare,
    of_images,
    of_mean,
    of_splits,
    resample_images,
    weighted_ranks,
)


def predictions(count: int, noise: float, seed: int = 0) -> Judged:
    random = np.random.default_rng(seed)
    mos = random.normal(size=count)
    return Judged([f"image {index}" for index in range(count)], mos, mos + noise * random.normal(size=count))


def test_weighted_ranks_are_scipys_ranks_of_the_repeated_images():
    random = np.random.default_rng(1)
    values = random.integers(0, 6, 20).astype(float)  # with ties
    counts = random.multinomial(20, np.full(20, 1 / 20), size=3).astype(float)
    ranks = weighted_ranks(values, counts)
    for row, own in zip(counts.astype(int), ranks, strict=True):
        expected = stats.rankdata(np.repeat(values, row))
        assert np.allclose(np.repeat(own, row), expected)


@pytest.mark.parametrize(("coefficient", "reference"), [("srocc", stats.spearmanr), ("plcc", stats.pearsonr)])
def test_resampled_coefficients_are_scipys_on_the_repeated_images(coefficient, reference):
    test = predictions(25, 0.5)
    counts = np.random.default_rng(7).multinomial(25, np.full(25, 1 / 25), size=4)
    order = np.argsort(np.unique(test.images))
    assert len(order) == 25
    resampled = resample_images([test], coefficient, draws=4, seed=7)
    position = {name: index for index, name in enumerate(np.unique(test.images))}
    for row, value in zip(counts, resampled[:, 0], strict=True):
        repeats = row[[position[name] for name in test.images]]
        expected = reference(np.repeat(test.predicted, repeats), np.repeat(test.mos, repeats)).statistic
        assert value == pytest.approx(expected, abs=1e-12)


def test_an_image_in_two_splits_is_drawn_alike_in_both():
    test = predictions(30, 0.5)
    resampled = resample_images([test, test], "srocc", draws=20)
    assert np.array_equal(resampled[:, 0], resampled[:, 1])


def test_the_interval_over_images_covers_the_value_and_narrows_with_more_images():
    small, large = (of_images(resample_images([predictions(count, 0.7)], "srocc")) for count in (40, 1000))
    value = stats.spearmanr(*predictions(1000, 0.7)[1:]).statistic
    assert large[0] < value < large[1] and large[1] - large[0] < 0.5 * (small[1] - small[0])


@pytest.mark.slow
def test_the_interval_over_images_is_scipys_bootstrap():
    test = predictions(60, 0.7)
    ours = of_images(resample_images([test], "plcc", draws=4000))
    theirs = stats.bootstrap(
        (test.predicted, test.mos), lambda x, y: stats.pearsonr(x, y).statistic, paired=True, vectorized=False,
        n_resamples=2000, method="percentile", rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.015)


def test_a_constant_prediction_has_no_interval():
    test = predictions(20, 0.5)._replace(predicted=np.ones(20))
    assert of_images(resample_images([test], "srocc", draws=5)) is None


def test_the_interval_over_splits_needs_two_and_lies_within_the_range():
    assert of_splits([0.8]) is None
    low, high = of_splits([0.7, 0.75, 0.8, 0.81, 0.9])
    assert 0.7 <= low < 0.8 < high <= 0.9


def test_the_interval_over_splits_is_scipys_bootstrap_of_the_median():
    values = [0.776, 0.781, 0.790, 0.796, 0.801, 0.807, 0.811, 0.813, 0.825, 0.842]
    theirs = stats.bootstrap(
        (values,), np.median, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert of_splits(values) == pytest.approx((theirs.low, theirs.high), abs=0.003)


@pytest.mark.slow
def test_paired_comparison_knows_a_shift_and_no_shift():
    base = np.linspace(0.7, 0.8, 10)
    better = compare(base + 0.01, base)
    assert better["median_difference"] == pytest.approx(0.01) and better["wilcoxon_p"] < 0.01 and better["low"] > 0
    assert compare(base, base)["wilcoxon_p"] is None and compare([0.8], [0.7])["low"] is None
    noisy = base + np.array([1, -1] * 5) * 0.01
    assert compare(noisy, base)["wilcoxon_p"] == pytest.approx(stats.wilcoxon(noisy, base).pvalue)


def test_the_interval_of_a_mean_is_the_normal_one_where_there_are_many_values():
    values = np.random.default_rng(0).normal(25, 3, 400)
    low, high = of_mean(list(values)) or (0, 0)
    half = 1.96 * values.std() / 20
    assert abs(low - (values.mean() - half)) < 0.04 and abs(high - (values.mean() + half)) < 0.04
    assert of_mean([1.0]) is None and of_mean([2.0, 2.0]) == (2, 2)
