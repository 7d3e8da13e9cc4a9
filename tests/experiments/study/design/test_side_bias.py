"""Row 2 of the list of what studies lacked: with one side for all raters, a bias to the left looked like a taste."""

import numpy as np
import pytest
from scipy.special import expit

from experiments.study.design.lists import rater_lists
from experiments.study.folder import Scene
from experiments.study.protocol import Session
from experiments.study.results.vote import Vote
from experiments.study.trials import Trial

LEFT_BIAS = 0.5
"""In logits: of two equal pictures the left one is chosen by 62 %."""

SCENES = {f"scene{index:03}": Scene("main", 8, 8, {"a": "1.jpg", "b": "2.jpg"}, {}, {}) for index in range(200)}


def of_two_equal_pictures(lists) -> list[Vote]:
    """Votes of raters who see no difference and lean to the left."""
    rng = np.random.default_rng(1)
    return [
        Vote(str(rater), trial, "left" if rng.random() < expit(LEFT_BIAS) else "right", 2.0)
        for rater, trials in enumerate(lists)
        for trial in trials
    ]


def per_image(values: dict[str, list[float]]) -> np.ndarray:
    return np.array([np.mean(of_image) for of_image in values.values()])


def expected_rates(lists: list[tuple[Trial, ...]]) -> np.ndarray:
    """By image, how often a is expected to be chosen."""
    rates: dict[str, list[float]] = {}
    for trials in lists:
        for trial in trials:
            rates.setdefault(trial.scene, []).append(float(expit(LEFT_BIAS if trial.left == "a" else -LEFT_BIAS)))
    return per_image(rates)


def test_a_bias_to_the_left_leaves_a_pair_without_a_difference_at_fifty_per_cent_in_the_table_by_image():
    lists = [
        each.trials for each in rater_lists(SCENES, Session(per_rater=50, training=0), 60, np.random.default_rng(0))
    ]
    assert np.abs(expected_rates(lists) - 0.5).max() < 0.01  # 7 or 8 of 15 on the left: 49.2 or 50.8 %
    same_for_all = [lists[0]] * 60
    assert np.abs(expected_rates(same_for_all) - 0.5).min() == pytest.approx(0.1225, abs=1e-3)  # 38 or 62 %


def test_the_votes_drawn_scatter_around_fifty_per_cent_no_more_than_fair_coins_do():
    lists = [
        each.trials for each in rater_lists(SCENES, Session(per_rater=50, training=0), 60, np.random.default_rng(0))
    ]
    scores: dict[str, list[float]] = {}
    for vote in of_two_equal_pictures(lists):
        scores.setdefault(vote.trial.scene, []).append(vote.score_of("a"))
    rates = per_image(scores)
    assert rates.mean() == pytest.approx(0.5, abs=0.02)
    assert rates.std() < 1.1 * np.sqrt(0.25 / 15)
