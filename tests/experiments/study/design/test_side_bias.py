"""Row 2 of the list of what studies lacked: with one side for all raters, a bias to the left looked like a taste."""

import numpy as np
import pytest

from experiments.study.design.lists import rater_lists
from experiments.study.folder import Scene
from experiments.study.protocol import Session
from experiments.study.trials import Trial
from experiments.study.vote import Vote

LEFT_SHARE = 0.6225
"""How often the left one of two equal pictures is chosen: a bias of 0.5 logit."""


@pytest.fixture(scope="module")
def lists() -> list[tuple[Trial, ...]]:
    """Of 24 raters of 25 out of 40 pairs: 15 votes each."""
    scenes = {f"scene{index:03}": Scene("main", 8, 8, {"a": "1.jpg", "b": "2.jpg"}, {}, {}) for index in range(40)}
    session = Session(per_rater=25, training=0)
    return [each.trials for each in rater_lists(scenes, session, 24, np.random.default_rng(0))]


def rates_by_image(lists: list[tuple[Trial, ...]], left_scores: np.ndarray) -> np.ndarray:
    """How often a is chosen, by image, where the left picture of every trial gets such a score."""
    scores: dict[str, list[float]] = {}
    for trial, score in zip((trial for trials in lists for trial in trials), left_scores, strict=True):
        scores.setdefault(trial.scene, []).append(score if trial.left == "a" else 1 - score)
    return np.array([np.mean(of) for of in scores.values()])


def test_a_bias_to_the_left_leaves_a_pair_without_a_difference_at_fifty_per_cent_in_the_table_by_image(lists):
    of_all_votes = np.full(24 * 25, LEFT_SHARE)
    assert np.abs(rates_by_image(lists, of_all_votes) - 0.5).max() < 0.01  # 7 or 8 of 15 on the left: 49.2 or 50.8 %
    same_for_all = rates_by_image([lists[0]] * 24, of_all_votes)
    assert np.abs(same_for_all - 0.5).min() == pytest.approx(0.1225)  # as it was: 38 or 62 %


def test_votes_of_raters_who_lean_left_scatter_around_fifty_per_cent_no_more_than_fair_coins_do(lists):
    rng, scores = np.random.default_rng(1), {}
    for rater, trials in enumerate(lists):
        for trial in trials:
            vote = Vote(str(rater), trial, "left" if rng.random() < LEFT_SHARE else "right", 2.0)
            scores.setdefault(trial.scene, []).append(vote.score_of("a"))
    rates = np.array([np.mean(of) for of in scores.values()])
    assert rates.mean() == pytest.approx(0.5, abs=0.03)
    assert rates.std() < 1.2 * np.sqrt(0.25 / 15)
