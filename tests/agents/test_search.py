from importlib.util import find_spec

import pytest

from agents.algorithms import ALGORITHMS, numbers_of
from agents.search import RANGES, Trial, best_of, proposal, searched

pytestmark = pytest.mark.skipif(find_spec("optuna") is None, reason="the extra `search` is not installed")


def climbed(algorithm, count, reward, **given):
    trials = []
    for _ in range(count):
        numbers = proposal(algorithm, given, 0, trials)
        trials.append(Trial(numbers, reward(numbers)))
    return trials


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_first_trial_is_the_preset_and_all_have_its_names_within_range(algorithm):
    trials = climbed(algorithm, 3, lambda numbers: 0.0)
    preset = numbers_of(algorithm, {})
    assert trials[0].numbers == preset
    for trial in trials:
        assert trial.numbers.keys() == preset.keys()
        assert all(trial.numbers[name] == preset[name] for name in preset if name not in RANGES)
        assert all(type(trial.numbers[name]) is type(preset[name]) for name in preset if isinstance(preset[name], int))


def test_what_is_given_is_not_searched():
    assert "lr" in searched("gradient", {}) and "lr" not in searched("gradient", {"lr": 0.01})
    assert all(trial.numbers["lr"] == 0.01 for trial in climbed("gradient", 4, lambda numbers: 0.0, lr=0.01))


def test_the_next_numbers_follow_from_the_seed_and_the_trials_before():
    trials = climbed("ppo", 7, lambda numbers: numbers["reach"])
    for place in range(7):
        assert proposal("ppo", {}, 0, trials[:place]) == trials[place].numbers
    assert proposal("ppo", {}, 1, trials[:6]) != trials[6].numbers


@pytest.mark.slow
def test_a_search_climbs_a_known_hill():
    """A reward that falls with the squared distance of one number from 0.9: the preset's 0.6 is beaten by far."""
    trials = climbed("gradient", 20, lambda numbers: -((numbers["reach"] - 0.9) ** 2))
    assert abs(trials[best_of(trials)].numbers["reach"] - 0.9) < 0.1
