from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.study.design.assignment import SAMPLERS, empty_ledger, list_for
from experiments.study.design.ledger import Ledger, Placed
from experiments.study.trials import Comparison


def pairs(scenes: int, arms: int = 2) -> list[Comparison]:
    two = list(combinations("abcdefgh"[:arms], 2))
    return [Comparison(f"scene{index:03}", *each) for index in range(scenes) for each in two]


def finished_by(raters: int, wanted: int, ledger: Ledger, rng: np.random.Generator, **how) -> Ledger:
    for _ in range(raters):
        ledger = ledger.with_reserved(list_for(ledger, wanted, rng, **how))
    return ledger


def lean(shown: tuple[Placed, ...]) -> dict[str, int]:
    """By arm, times left less times right."""
    count: dict[str, int] = {}
    for comparison, left in shown:
        for arm in (comparison.first, comparison.second):
            count[arm] = count.get(arm, 0) + (1 if arm == left else -1)
    return count


def spread(ledger: Ledger) -> int:
    votes = [tally.votes for tally in ledger.tallies.values()]
    return max(votes) - min(votes)


def worst_sides(ledger: Ledger) -> int:
    return max(abs(tally.sides[0] - tally.sides[1]) for tally in ledger.tallies.values())


def test_sixty_raters_of_fifty_out_of_two_hundred_pairs_give_each_fifteen_votes_seven_or_eight_on_a_side():
    ledger = finished_by(60, 50, empty_ledger(pairs(200)), np.random.default_rng(1))
    assert {tally.votes for tally in ledger.tallies.values()} == {15}
    assert {tally.sides for tally in ledger.tallies.values()} == {(7, 8), (8, 7)}


SIZES = {
    "scenes": st.integers(1, 15),
    "arms": st.integers(2, 5),
    "raters": st.integers(1, 12),
    "seed": st.integers(0, 999),
}


@pytest.mark.slow
@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.data(), st.sampled_from(["full", "balanced"]), *SIZES.values())
def test_where_all_finish_votes_and_sides_are_within_one_of_each_other(data, sampler, scenes, arms, raters, seed):
    every = pairs(scenes, arms)
    wanted, rng, ledger = data.draw(st.integers(1, len(every))), np.random.default_rng(seed), empty_ledger(every)
    for _ in range(raters):
        shown = list_for(ledger, wanted, rng, sampler=sampler)
        assert len(shown) == len({comparison for comparison, _ in shown}) == wanted
        if arms == 2:
            assert abs(lean(shown)["a"]) <= 1
        ledger = ledger.with_reserved(shown)
        assert spread(ledger) <= 1 and worst_sides(ledger) <= 1


@pytest.mark.slow
@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.data(), st.integers(0, 4), *SIZES.values())
def test_what_dropouts_leave_is_topped_up_by_later_raters_in_any_order(data, quota, scenes, arms, raters, seed):
    every, rng = pairs(scenes, arms), np.random.default_rng(seed)
    wanted, ledger, under_way = data.draw(st.integers(1, len(every))), empty_ledger(every, quota), []
    for _ in range(raters):
        before = ledger
        shown = list_for(ledger, wanted, rng)
        assert len(shown) == min(wanted, len(ledger.open()))
        taken = {comparison for comparison, _ in shown}
        left = [tally.votes for comparison, tally in ledger.tallies.items() if comparison not in taken]
        most = max((ledger.tallies[comparison].votes for comparison in taken), default=0)
        assert quota or most <= min(left, default=most)
        for comparison, arm in shown:
            first, second = before.tallies[comparison].sides
            assert first == second or (arm == comparison.first) == (first < second)
        ledger, under_way = ledger.with_reserved(shown), [*under_way, shown]
        if data.draw(st.booleans()):
            leaving = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
            answered = data.draw(st.integers(0, len(leaving)))
            ledger = ledger.with_released(leaving).with_votes((each, arm, 1.0) for each, arm in leaving[:answered])
    highest = max(tally.votes for tally in ledger.tallies.values())
    rounds = 0
    while (len(ledger.open()) if quota else spread(ledger) > 1 or highest < raters) and rounds < 200:
        ledger = ledger.with_reserved(list_for(ledger, wanted, rng))
        highest, rounds = max(tally.votes for tally in ledger.tallies.values()), rounds + 1
    assert spread(ledger) <= (0 if quota else 1) and worst_sides(ledger) <= 1
    if quota:
        assert {tally.votes for tally in ledger.tallies.values()} == {quota}
        assert list_for(ledger, wanted, rng) == ()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_same_seed_gives_the_same_list_and_another_one_another(sampler):
    ledger = empty_ledger(pairs(10, 3))
    one, same, other = (list_for(ledger, 8, np.random.default_rng(seed), sampler=sampler) for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_rater_is_not_shown_what_was_seen_before(sampler):
    ledger, rng = empty_ledger(pairs(6, 3)), np.random.default_rng(0)
    first = list_for(ledger, 10, rng, sampler=sampler)
    second = list_for(ledger, 0, rng, sampler=sampler, seen=[comparison for comparison, _ in first])
    assert len(second) == 8 and {each for each, _ in first + second} == set(pairs(6, 3))


@pytest.mark.parametrize("sampler", ["balanced", "adaptive"])
def test_with_several_arms_no_scene_comes_twice_before_all_have_come(sampler):
    ledger, rng = empty_ledger(pairs(20, 4)), np.random.default_rng(0)
    for _ in range(12):
        shown = list_for(ledger, 20, rng, sampler=sampler)
        assert len({comparison.scene for comparison, _ in shown}) == 20
        ledger = ledger.with_reserved(shown)


def test_a_scene_does_not_come_back_at_once():
    shown = list_for(empty_ledger(pairs(10, 4)), 0, np.random.default_rng(0))
    scenes = [comparison.scene for comparison, _ in shown]
    assert sum(one == two for one, two in pairwise(scenes)) <= 1
    assert len(set(scenes[:12])) >= 7


def test_with_several_arms_each_stands_left_as_often_as_right_for_almost_every_rater():
    rng, leanings = np.random.default_rng(0), []
    for scenes, arms, wanted in [(30, 3, 15), (12, 5, 30), (8, 4, 20)]:
        ledger = empty_ledger(pairs(scenes, arms))
        for _ in range(12):
            shown = list_for(ledger, wanted, rng)
            leanings.append(max(map(abs, lean(shown).values())))
            ledger = ledger.with_reserved(shown)
    assert np.mean(np.array(leanings) <= 1) > 0.9


def test_with_two_arms_either_stands_left_in_half_of_any_stretch_from_the_start():
    ledger, rng = empty_ledger(pairs(40)), np.random.default_rng(0)
    for _ in range(6):
        shown = list_for(ledger, 21, rng)
        assert all(abs(lean(shown[:stretch])["a"]) <= 2 for stretch in range(1, 21))
        ledger = ledger.with_reserved(shown)
