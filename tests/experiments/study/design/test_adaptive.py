from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.study.design.assignment import empty_ledger, list_for
from experiments.study.design.ledger import Ledger
from experiments.study.trials import Comparison


def ledger_of(scenes: int, arms: int, quota: int = 0) -> Ledger:
    two = list(combinations("abcdefgh"[:arms], 2))
    return empty_ledger((Comparison(f"scene{index}", *each) for index in range(scenes) for each in two), quota)


def arms_of(shown) -> Counter:
    return Counter((comparison.first, comparison.second) for comparison, _ in shown)


def test_every_batch_joins_all_arms():
    ledger = ledger_of(10, 6)
    for seed in range(5):
        shown = list_for(ledger, 5, np.random.default_rng(seed), sampler="adaptive")
        joined = {"a"}
        for _ in shown:
            joined |= {arm for two in arms_of(shown) if joined & set(two) for arm in two}
        assert joined == set("abcdef") and len(arms_of(shown)) == 5


def test_before_any_vote_all_arms_are_compared_alike():
    shown = list_for(ledger_of(20, 5), 40, np.random.default_rng(0), sampler="adaptive")
    counts = arms_of(shown)
    assert len(counts) == 10 and max(counts.values()) - min(counts.values()) <= 2


def test_votes_go_where_the_outcome_is_open():
    ledger, alike = ledger_of(20, 4), {("a", "b"), ("c", "d")}  # and a and b beat c and d nine times in ten
    ledger = ledger.with_votes(
        (each, each.first, 0.5 if (each.first, each.second) in alike else 0.9)
        for each in ledger.tallies
        for _ in range(2)
    )
    counts = arms_of(list_for(ledger, 30, np.random.default_rng(0), sampler="adaptive"))
    assert counts["a", "b"] + counts["c", "d"] == 20  # of 30; balanced gives them 10


def test_how_far_an_arm_is_ahead_that_always_wins_is_asked_further():
    ledger = ledger_of(20, 3)
    ledger = ledger.with_votes((each, each.first, 1.0 if each.first == "a" else 0.5) for each in ledger.tallies)
    counts = arms_of(list_for(ledger, 12, np.random.default_rng(0), sampler="adaptive"))
    assert counts["a", "b"] + counts["a", "c"] == 12


def test_votes_that_others_are_to_give_count_as_information():
    ledger = ledger_of(20, 3)
    reserved = [(each, each.first) for each in ledger.tallies if (each.first, each.second) == ("a", "b")]
    counts = arms_of(list_for(ledger.with_reserved(reserved), 12, np.random.default_rng(0), sampler="adaptive"))
    assert counts["a", "b"] == 0 and counts["a", "c"] == counts["b", "c"] == 6


@pytest.mark.slow
@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.data(), st.integers(1, 6), st.integers(2, 5), st.integers(0, 3), st.integers(0, 99))
def test_lists_hold_each_comparison_once_keep_the_quota_and_even_sides(data, scenes, arms, quota, seed):
    ledger, rng = ledger_of(scenes, arms, quota), np.random.default_rng(seed)
    wanted = data.draw(st.integers(1, len(ledger.tallies)))
    for _ in range(4):
        shown = list_for(ledger, wanted, rng, sampler="adaptive")
        assert len(shown) == len({each for each, _ in shown}) == min(wanted, len(ledger.open()))
        ledger = ledger.with_reserved(shown).with_released(shown)
        ledger = ledger.with_votes((each, left, float(rng.integers(2))) for each, left in shown)
        assert all(abs(tally.sides[0] - tally.sides[1]) <= 1 for tally in ledger.tallies.values())
    assert not quota or max(tally.votes for tally in ledger.tallies.values()) <= quota
