import numpy as np
import pytest
from scipy.special import expit

from experiments.study.planning.population import Population, strengths_for


def test_the_win_rate_is_the_mean_over_raters_scenes_sides_and_answers():
    """Against 400,000 votes, each by a rater and on a scene of its own: four standard errors."""
    rng, votes = np.random.default_rng(0), 400_000
    population = Population((0.7, 0.0), 0.8, 1.2, left_bias=0.6, left_bias_sd=0.4, lapse=0.05, answers="five")
    seen = 0.7 + rng.normal(0, np.hypot(0.8, 1.2), votes)
    side = rng.choice([-1, 1], votes)
    seen += side * rng.normal(0.6, 0.4, votes) + rng.logistic(size=votes)
    scores = np.select([seen > 1.5, seen > 0.5, seen > -0.5, seen > -1.5], [1, 0.75, 0.5, 0.25], 0.0)
    looked = rng.random(votes) > 0.05
    scores = np.where(looked, scores, rng.integers(0, 5, votes) / 4)
    assert scores.mean() == pytest.approx(population.win_rate(0, 1), abs=4 * scores.std() / votes**0.5)


def test_without_any_spread_it_is_the_logit_model():
    assert Population((0.4, 0.0), 0.0, 0.0).win_rate(0, 1) == pytest.approx(expit(0.4))


@pytest.mark.parametrize("answers", ["two", "tie", "five"])
def test_strengths_are_found_for_win_rates(answers):
    traits = {"answers": answers, "left_bias": 0.5, "lapse": 0.05}
    population = Population(strengths_for((0.58, 0.5, 0.8), **traits), **traits)
    assert population.win_rates()[0] == pytest.approx([0.5, 0.58, 0.5, 0.8], abs=1e-8)
    assert population.win_rates() + population.win_rates().T == pytest.approx(1)


def test_a_win_rate_that_lapses_leave_out_of_reach_is_refused():
    with pytest.raises(ValueError, match="out of reach with 40% lapses"):
        strengths_for((0.9,), lapse=0.4)
