from dataclasses import replace

import pytest
from fixtures.simulated_votes import simulated, with_choice

from experiments.study.analysis.side_and_order import order_effect, side_bias, side_effect, speed
from experiments.study.intervals.measured import INSTALL, NotMeasured

pytest.importorskip("statsmodels")


def even(rater, scene):
    return 0.5


def test_a_side_that_raters_favour_is_seen_and_balance_is_not():
    favoured = [*simulated(3, 20, even), *simulated(9, 20, even, first_rater=3, side="left")]
    found = side_effect(favoured)
    assert found["left_share"] > 0.65 and found["p_value"] < 0.05 and found["interval"][0] > 0.5
    assert side_effect(simulated(12, 20, even, seed=1))["p_value"] > 0.05


def test_two_raters_of_one_side_among_many_are_no_bias_of_all():
    """By vote it would be one: eighty votes of two people are not eighty people."""
    votes = [*simulated(6, 40, even, seed=1), *simulated(2, 40, even, first_rater=6, side="left")]
    found = side_effect(votes)
    assert found["p_by_vote"] < 0.001 < 0.05 < found["p_value"]


def test_ties_and_skipped_pairs_take_no_side():
    votes = with_choice(with_choice(simulated(4, 10, even), "tie", 2), "skipped", 3)
    found = side_effect(votes)
    assert found["left"] + found["right"] == sum(vote.choice in ("left", "right") for vote in votes)
    assert side_effect([]) == {"left": 0, "right": 0, "left_share": None, "interval": None, "p_value": None,
                               "p_by_vote": 1.0, "not_measured": "too few scenes"}  # fmt: skip


def test_a_drift_from_one_arm_to_the_other_is_seen():
    votes = [
        replace(vote, choice="left" if (vote.trial.left == "a") == (vote.position > 10) else "right")
        if (vote.position + int(vote.rater[-1])) % 5 else vote
        for vote in simulated(6, 20, even)
    ]  # fmt: skip
    found = order_effect(votes)
    assert found["change"] > 0.5 and found["p_value"] < 0.01 and found["slope"]["slope"] > 0.5
    steady = order_effect(simulated(8, 20, even))
    assert steady["p_value"] > 0.05 and steady["interval"][0] < 0 < steady["interval"][1]


def test_order_is_not_measured_below_three_raters_or_where_it_was_not_kept():
    assert "three raters" in order_effect(simulated(2, 10, even))["not_measured"]
    unknown = [replace(vote, position=0) for vote in simulated(4, 10, even)]
    assert "order of their trials" in order_effect(unknown)["not_measured"]


def test_without_statsmodels_it_says_what_to_install(monkeypatch):
    def missing(module):
        raise NotMeasured(INSTALL)

    monkeypatch.setattr("experiments.study.intervals.sandwich.needed", missing)
    monkeypatch.setattr("experiments.study.analysis.side_and_order.needed", missing)
    votes = simulated(4, 10, even)
    assert side_effect(votes)["not_measured"] == order_effect(votes)["slope"]["not_measured"] == INSTALL


def test_speed_is_told_by_quartiles_and_the_share_in_haste():
    votes = [replace(vote, seconds=float(place), away_s=1.0) for place, vote in enumerate(simulated(1, 5, even))]
    found = speed(votes, 1.5)
    assert (found["median_seconds"], found["quartiles_seconds"], found["hasty_share"]) == (2.0, [1.0, 3.0], 0.4)
    assert found["away_seconds"] == 5.0


def test_side_bias_is_the_exact_binomial_test():
    assert side_bias(0, 0) == 1.0
    assert side_bias(10, 10) == pytest.approx(1.0)
    assert side_bias(1, 9) == pytest.approx(22 / 1024)
