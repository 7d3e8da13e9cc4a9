import numpy as np
import pytest

from experiments.study.pairs import design

CASES = [(1, 0), (2, 0), (2, 1), (5, 0), (5, 1), (5, 2), (8, 3), (9, 4), (40, 10), (41, 20)]


def names(count):
    return [f"shot{index}" for index in range(count)]


@pytest.mark.parametrize("count, repeats", CASES)
@pytest.mark.parametrize("seed", range(5))
def test_a_is_on_the_left_in_half_of_the_trials(count, repeats, seed):
    trials = design(names(count), repeats, np.random.default_rng(seed))
    first = [trial for trial in trials if trial.repeat_of is None]
    for some in (trials, first):
        left = sum(trial.left == "a" for trial in some)
        assert abs(2 * left - len(some)) <= 1
    assert sorted(trial.pair for trial in first) == sorted(names(count))


@pytest.mark.parametrize("count, repeats", CASES)
def test_repeats_come_late_and_flipped(count, repeats):
    trials = design(names(count), repeats, np.random.default_rng(1))
    place = {trial.trial: index for index, trial in enumerate(trials)}
    again = [trial for trial in trials if trial.repeat_of]
    assert len(again) == repeats and len(place) == count + repeats
    for trial in again:
        first = trials[place[trial.repeat_of]]
        assert first.pair == trial.pair and first.left != trial.left and first.repeat_of is None
        assert place[trial.trial] - place[trial.repeat_of] >= count / 2


def test_the_seed_decides_order_and_sides():
    same = [design(names(20), 4, np.random.default_rng(7)) for _ in range(2)]
    assert same[0] == same[1] != design(names(20), 4, np.random.default_rng(8))


def test_the_name_of_a_trial_is_its_place_only():
    assert [trial.trial for trial in design(names(3), 1, np.random.default_rng(0))] == [
        "t0001",
        "t0002",
        "t0003",
        "t0004",
    ]


def test_over_many_seeds_each_pair_is_as_often_left_as_right_and_anywhere_in_the_order():
    designs = [design(names(6), 0, np.random.default_rng(seed)) for seed in range(600)]
    left = np.mean([trial.left == "a" for trials in designs for trial in trials if trial.pair == "shot2"])
    place = np.mean([index for trials in designs for index, trial in enumerate(trials) if trial.pair == "shot2"])
    assert abs(left - 0.5) < 0.08 and abs(place - 2.5) < 0.25
