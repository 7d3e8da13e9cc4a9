import numpy as np
import pytest
from scipy.stats import t as student

from experiments.study.intervals.sandwich import one_way, two_way
from experiments.study.intervals.wilson import wilson

linear = pytest.importorskip("statsmodels.regression.linear_model", reason="needs the extra `study`")


def clustered_scores(raters=8, images=15):
    rng = np.random.default_rng(0)
    chance = 0.55 + 0.2 * rng.uniform(-1, 1, (raters, 1)) + 0.25 * rng.uniform(-1, 1, (1, images))
    rater, image = (axis.ravel() for axis in np.meshgrid(np.arange(raters), np.arange(images), indexing="ij"))
    return (rng.random((raters, images)) < chance).astype(float).ravel(), rater, image


def test_the_error_is_that_of_a_regression_with_both_kinds_of_clusters():
    scores, raters, images = clustered_scores()
    model = linear.OLS(scores, np.ones(len(scores)))
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": np.column_stack([raters, images])}, use_t=True)
    low, high = two_way(scores, raters, images)
    error = float(fitted.bse[0])
    assert (low + high) / 2 == pytest.approx(scores.mean(), abs=0.01)  # a little nearer to one half
    assert student.ppf(0.975, 120) < (high - low) / 2 / error < student.ppf(0.975, 7)


def test_by_one_kind_it_is_students_interval_of_the_cluster_means_where_all_are_of_one_size():
    scores, _, images = clustered_scores()
    means = np.array([scores[images == image].mean() for image in np.unique(images)])
    expected = student.interval(0.95, len(means) - 1, means.mean(), means.std(ddof=1) / len(means) ** 0.5)
    assert one_way(scores, images) == pytest.approx(expected)


def test_it_is_hardly_narrower_than_if_votes_were_independent():
    """Half of every rater's and of every image's votes are wins: between clusters nothing varies at all."""
    scores = np.tile([[1.0, 0.0], [0.0, 1.0]], (3, 3))
    raters, images = (axis.ravel() for axis in np.indices(scores.shape))
    low, high = two_way(scores.ravel(), raters, images)
    independent = student.ppf(0.975, 35) * scores.std(ddof=1) / 6
    assert (high - low) / 2 >= 0.8 * independent


def test_unanimous_votes_are_worth_as_many_as_the_rarer_kind_of_cluster():
    raters, images = np.repeat(np.arange(5), 30), np.tile(np.arange(30), 5)
    assert two_way(np.ones(150), raters, images) == wilson(1.0, 5)
    assert one_way(np.ones(150), images) == wilson(1.0, 30)


def test_it_stays_within_zero_and_one():
    scores, raters, images = np.ones(24), np.repeat(np.arange(3), 8), np.tile(np.arange(8), 3)
    scores[5] = 0
    low, high = two_way(scores, raters, images)
    assert 0 <= low < scores.mean() < high <= 1.0
