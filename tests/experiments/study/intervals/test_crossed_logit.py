import numpy as np
import pytest
from scipy.special import expit

from experiments.study.intervals.crossed_logit import CrossedLogit, fit, interval
from experiments.study.intervals.measured import NotMeasured

pytest.importorskip("statsmodels.genmod.bayes_mixed_glm", reason="needs the extra `study`")


def crossed(raters, images, mean, rater_sd, image_sd):
    rng = np.random.default_rng(5)
    logits = mean + rng.normal(0, rater_sd, (raters, 1)) + rng.normal(0, image_sd, (1, images))
    rater, image = (axis.ravel() for axis in np.indices(logits.shape))
    return (rng.random(logits.shape) < expit(logits)).astype(float).ravel(), rater, image


@pytest.mark.slow
def test_the_spreads_of_raters_and_images_come_back():
    model = fit(*crossed(20, 30, 0.4, 0.3, 1.2))
    assert model.mean == pytest.approx(0.4, abs=3 * model.error)
    assert model.rater_sd == pytest.approx(0.3, abs=0.25) and model.image_sd == pytest.approx(1.2, abs=0.4)


def test_its_interval_is_of_the_rate_that_votes_have_and_holds_it():
    scores, raters, images = crossed(12, 25, 0.6, 0.4, 0.8)
    low, high = interval(scores, raters, images)
    assert low < scores.mean() < high and 0.1 < high - low < 0.35


def test_the_rate_over_all_raters_and_images_lies_nearer_to_one_half_than_at_the_mean():
    model = CrossedLogit(1.0, 0.1, 0.6, 0.8, 10)
    assert 0.5 < model.rate(1.0) < expit(1.0)
    draws = 1.0 + np.hypot(0.6, 0.8) * np.random.default_rng(0).normal(size=200_000)
    assert model.rate(1.0) == pytest.approx(expit(draws).mean(), abs=0.002)


def test_unanimous_votes_have_no_crossed_logit():
    with pytest.raises(NotMeasured, match="all votes agree"):
        fit(np.ones(12), np.repeat([0, 1, 2], 4), np.tile([0, 1, 2, 3], 3))


def test_ties_and_slight_preferences_have_no_crossed_logit():
    scores, raters, images = crossed(8, 12, 1.0, 0.3, 0.5)
    for answer in (0.5, 0.75):
        with pytest.raises(NotMeasured, match="ties or slight"):
            fit(np.where(images % 2, scores, answer), raters, images)
