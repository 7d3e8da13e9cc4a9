import numpy as np
import pytest

from experiments.study.intervals.bootstrap import clustered
from experiments.study.intervals.wilson import wilson


def votes(raters, images, rng, by_rater=0.0, by_image=0.0):
    """All raters judge all images, A being chosen with probability 1/2 moved by rater and by image."""
    chance = 0.5 + by_rater * rng.uniform(-1, 1, (raters, 1)) + by_image * rng.uniform(-1, 1, (1, images))
    scores = (rng.random((raters, images)) < chance).astype(float)
    rater, image = np.meshgrid(np.arange(raters), np.arange(images), indexing="ij")
    return scores.ravel(), rater.ravel(), image.ravel()


def test_agreeing_raters_do_not_shrink_the_interval_over_images():
    """Thirty people of one mind about each of 12 images are worth 12 votes, not 360."""
    scores = np.tile(np.array([1.0] * 7 + [0.0] * 5), 30)
    raters, images = np.repeat(np.arange(30), 12), np.tile(np.arange(12), 30)
    low, high = clustered(scores, raters, images, np.random.default_rng(0))
    one_each = wilson(7 / 12, 12)
    assert high - low == pytest.approx(one_each.high - one_each.low, rel=0.15)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = clustered_too_narrow = 0
    for _ in range(150):
        study = votes(8, 15, rng, by_rater=0.1, by_image=0.35)
        low, high = clustered(*study, rng, draws=400)
        covered += low <= 0.5 <= high
        plain = wilson(study[0].mean(), len(study[0]))
        clustered_too_narrow += high - low < plain.high - plain.low
    assert covered >= 0.92 * 150
    assert clustered_too_narrow <= 5


def test_the_interval_is_seeded_and_knows_nothing_of_names():
    scores, raters, images = votes(5, 9, np.random.default_rng(3), by_image=0.3)
    one = clustered(scores, raters, images, np.random.default_rng(0), draws=500)
    other = clustered(scores, np.array(list("vwxyz"))[raters], images + 100, np.random.default_rng(0), draws=500)
    assert one == other


def test_one_rater_or_unanimous_votes_still_give_an_interval():
    scores, raters, images = np.array([1.0, 0, 1, 1, 0.5, 0]), np.zeros(6), np.arange(6)
    low, high = clustered(scores, raters, images, np.random.default_rng(0))
    assert 0 <= low < scores.mean() < high <= 1
    assert clustered(np.ones(6), raters, images, np.random.default_rng(0)) == wilson(1.0, 6)
    assert clustered(np.ones(1), np.zeros(1), np.zeros(1), np.random.default_rng(0)) == wilson(1.0, 1)


def test_votes_may_be_missing_for_some_raters():
    scores, raters, images = votes(6, 10, np.random.default_rng(5), by_image=0.3)
    some = np.random.default_rng(6).random(len(scores)) < 0.4
    low, high = clustered(scores[some], raters[some], images[some], np.random.default_rng(0))
    assert low <= scores[some].mean() <= high
