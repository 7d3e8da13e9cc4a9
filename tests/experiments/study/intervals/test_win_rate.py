import numpy as np
import pytest

from experiments.study.intervals import win_rate
from experiments.study.intervals.measured import INSTALL, NotMeasured
from experiments.study.intervals.wilson import wilson
from experiments.study.intervals.win_rate import deciding, intervals, measured


def a_study(raters, images, rng, rate=0.6):
    """Every rater on every image, one vote each."""
    rater, image = (axis.ravel() for axis in np.meshgrid(np.arange(raters), np.arange(images), indexing="ij"))
    return (rng.random(raters * images) < rate).astype(float), rater, image


def test_from_three_raters_on_the_sandwich_decides_and_every_interval_holds_the_rate():
    scores, raters, images = a_study(6, 20, np.random.default_rng(0))
    found = intervals(scores, raters, images, 0)
    assert list(found) == ["by vote", "bootstrap", "sandwich", "crossed logit"]
    assert deciding(found) == "sandwich"
    assert all(low < scores.mean() < high for low, high in found.values())


def test_below_three_raters_nothing_is_said_about_others():
    for raters in (1, 2):
        found = intervals(*a_study(raters, 30, np.random.default_rng(1)), 0)
        assert list(found) == ["by vote", "these raters only"] and deciding(found) == "these raters only"


def test_below_three_images_nothing_is_said_about_other_images():
    found = intervals(*a_study(20, 2, np.random.default_rng(1)), 0)
    assert list(found) == ["by vote", "these images only"] and deciding(found) == "these images only"


def test_two_raters_on_two_images_have_but_the_interval_by_vote():
    scores, raters, images = a_study(2, 2, np.random.default_rng(3))
    found = intervals(scores, raters, images, 0)
    assert found == {"by vote": wilson(scores.mean(), 4)} and deciding(found) == "by vote"


def test_two_raters_of_one_mind_do_not_count_twice():
    scores, _, images = a_study(1, 30, np.random.default_rng(2))
    one = intervals(scores, np.zeros(30), images, 0)["these raters only"]
    both = intervals(np.tile(scores, 2), np.repeat([0, 1], 30), np.tile(images, 2), 0)["these raters only"]
    assert both == pytest.approx(one, abs=0.01)


def test_without_statsmodels_the_bootstrap_decides_and_the_others_say_what_to_install(monkeypatch):
    def missing(module):
        raise NotMeasured(INSTALL)

    monkeypatch.setattr("experiments.study.intervals.sandwich.needed", missing)
    monkeypatch.setattr("experiments.study.intervals.crossed_logit.needed", missing)
    found = measured(*a_study(6, 20, np.random.default_rng(0)), 0)
    assert found.deciding == "bootstrap"
    assert found.not_measured == {"sandwich": INSTALL, "crossed logit": INSTALL}
    assert "these raters only" in intervals(*a_study(2, 20, np.random.default_rng(0)), 0)


def test_intervals_are_seeded_and_know_nothing_of_names():
    scores, raters, images = a_study(5, 9, np.random.default_rng(3))
    named = intervals(scores, np.array(list("vwxyz"))[raters], images + 100, 4)
    for name, interval in intervals(scores, raters, images, 4).items():
        assert named[name] == pytest.approx(interval, abs=1e-6)


@pytest.mark.parametrize(("raters", "images", "rater_sd", "image_sd"), [(12, 12, 0, 0), (8, 20, 0.6, 1.0)])
def test_the_interval_that_decides_covers_the_truth_clustered_or_not(raters, images, rater_sd, image_sd):
    """Studies of a true win rate of one half; docs/study.md has the table of 1,000 each."""
    rng, covered = np.random.default_rng(0), 0
    for _ in range(200):
        logits = rng.normal(0, rater_sd, (raters, 1)) + rng.normal(0, image_sd, (1, images))
        scores = (rng.random((raters, images)) < 1 / (1 + np.exp(-logits))).astype(float).ravel()
        _, rater, image = a_study(raters, images, rng)
        low, high = win_rate.sandwich.two_way(scores, rater, image)
        covered += low <= 0.5 <= high
    assert covered >= 0.91 * 200


def test_without_clustering_the_interval_that_decides_is_much_narrower_than_the_bootstraps():
    rng, widths = np.random.default_rng(0), []
    for _ in range(4):
        scores, raters, images = a_study(12, 12, rng)
        found = [win_rate.sandwich.two_way(scores, raters, images), win_rate.clustered(scores, raters, images, rng)]
        widths.append([high - low for low, high in found])
    of_sandwich, of_bootstrap = np.mean(widths, axis=0)
    assert of_sandwich < 0.85 * of_bootstrap
