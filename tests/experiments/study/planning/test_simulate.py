from collections import Counter

import numpy as np
import pytest

from experiments.study.planning.population import Population
from experiments.study.planning.simulate import (
    drawn,
    scores_of,
    shown_to,
    simulated,
    where_these_come_to,
    without_dropouts,
)


def votes_of(population, shown, seed=0):
    rng = np.random.default_rng(seed)
    return simulated(population, drawn(population, len(shown), rng), shown, rng)


def test_votes_follow_what_was_shown_with_sides_balanced():
    shown = shown_to(8, 10, 3, np.random.default_rng(0), per_rater=15)
    votes = votes_of(Population((0.0, 0.0, 0.0)), shown)
    assert Counter(vote.rater for vote in votes) == {f"rater{n:03d}": 15 for n in range(8)}
    per_pair = Counter(vote.trial.comparison for vote in votes)
    assert len(per_pair) == 30 and set(per_pair.values()) == {4}
    left_first = Counter(vote.trial.comparison for vote in votes if vote.trial.left == vote.trial.comparison.first)
    assert all(count == 2 for count in left_first.values())


def test_of_one_seed_votes_are_the_same_and_of_another_not():
    shown = shown_to(3, 10, 2, np.random.default_rng(0))
    population = Population((0.3, 0.0), answers="five", lapse=0.1, left_bias_sd=0.3)
    assert votes_of(population, shown, 4) == votes_of(population, shown, 4) != votes_of(population, shown, 5)


def test_many_votes_come_to_the_populations_win_rate():
    population = Population((0.6, 0.0), 0.4, 0.6, left_bias=0.5, answers="tie", lapse=0.05)
    shown = shown_to(60, 60, 2, np.random.default_rng(0), per_rater=60)
    scores, raters, scenes = scores_of(votes_of(population, shown), "a", "b")
    assert len(np.unique(raters)) == len(np.unique(scenes)) == 60
    assert scores.mean() == pytest.approx(population.win_rate(0, 1), abs=0.06)  # three standard errors
    assert set(scores) == {0.0, 0.5, 1.0}


def test_raters_who_leave_early_keep_the_beginning_of_their_list():
    shown = shown_to(20, 10, 2, np.random.default_rng(0))
    left = without_dropouts(shown, 0.5, np.random.default_rng(1))
    assert all(few == all_[: len(few)] and few for few, all_ in zip(left, shown, strict=True))
    assert 3 <= sum(len(few) < 10 for few in left) <= 17
    assert without_dropouts(shown, 0.0, np.random.default_rng(1)) == shown


def test_people_can_be_made_to_prefer_an_arm_at_a_given_rate():
    population = Population((0.0, 0.0), 1.0, 0.0)
    people = drawn(population, 2, np.random.default_rng(0))
    strength = where_these_come_to(0.58, population, people).strengths[0]
    rates = 1 / (1 + np.exp(-(strength + people.taste[:, 0] - people.taste[:, 1])))
    assert rates.mean() == pytest.approx(0.58)
