import numpy as np
from fixtures.simulated_votes import simulated

from experiments.study.analysis.counted import Scored
from experiments.study.analysis.heterogeneity import heterogeneity


def p_values(taste, raters=8, scenes=12, seed=0):
    found = heterogeneity(Scored.of(simulated(raters, scenes, taste, seed=seed)), 0)
    return found["scenes"]["p_value"], found["raters"]["p_value"]


def test_scenes_that_differ_are_seen_and_raters_who_do_not_are_not():
    by_scene, by_rater = p_values(lambda rater, scene: 0.15 if scene % 2 else 0.85)
    assert by_scene < 0.01 and by_rater > 0.05


def test_raters_who_differ_are_seen_and_scenes_that_do_not_are_not():
    by_scene, by_rater = p_values(lambda rater, scene: 0.15 if rater % 2 else 0.85)
    assert by_rater < 0.01 and by_scene > 0.05


def test_p_is_about_even_where_nothing_differs(monkeypatch):
    monkeypatch.setattr("experiments.study.analysis.heterogeneity.SHUFFLES", 99)
    found = np.array([p_values(lambda rater, scene: 0.5, raters=4, scenes=6, seed=seed) for seed in range(12)])
    assert (found < 0.05).mean() < 0.2 and 0.25 < found.mean() < 0.8


def test_one_vote_for_each_scene_says_nothing_about_scenes():
    found = heterogeneity(Scored.of(simulated(1, 10, lambda rater, scene: 0.5)), 0)
    assert found["scenes"]["p_value"] is None and found["raters"]["p_value"] is None
