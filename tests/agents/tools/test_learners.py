from pkgutil import resolve_name

import numpy as np
import pytest
import torch
from fixtures.toy_tools import BEST, DEFECTS, NAMES, ToyTools, mean_return

from agents.actor import Architecture
from agents.tools.actor import most_preferred
from agents.tools.algorithms import TOOL_ALGORITHMS, tool_numbers_of
from agents.tools.choice_env import ChoiceVecEnv, by_chance, normaliser_by_chance

SMALL = {"hidden": (32,), "batch_size": 64, "lr": 3e-3, "gradient_steps": 2, "n_steps": 32, "ent_coef": 0.02,
         "learning_starts": 160, "n_epochs": 8, "members": 2}  # fmt: skip


def learner_of(algorithm: str, seed: int = 0):
    preset = tool_numbers_of(algorithm, {})
    small = SMALL | ({"tau": 0.05} if algorithm == "every-choice" else {})  # the average is to follow few steps
    numbers = {**preset, **{name: value for name, value in small.items() if name in preset}}
    toy = ToyTools()
    toy.seed(seed)
    env = ChoiceVecEnv(toy, normaliser_by_chance(toy, NAMES, 20, seed), numbers["reward_scale"])
    shape = Architecture(DEFECTS + 2, DEFECTS + 1, (32,), "relu")
    return resolve_name(TOOL_ALGORITHMS[algorithm].learner)(env, shape, numbers, seed), env, toy


def chooser_of(actor, env):
    def choose(observations, masks):
        seen = torch.from_numpy(env.standardised(observations))
        return most_preferred(actor(seen).unflatten(1, (-1, env.choices)).mean(1), torch.from_numpy(masks)).numpy()

    return choose


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", TOOL_ALGORITHMS)
def test_every_algorithm_finds_the_right_tool_and_stops_never_breaking_a_mask(algorithm):
    if TOOL_ALGORITHMS[algorithm].needs:
        pytest.importorskip(TOOL_ALGORITHMS[algorithm].needs)
    learner, env, toy = learner_of(algorithm)
    figures = learner.learn(1600)
    generator = np.random.default_rng(0)
    assert mean_return(lambda _, masks: by_chance(masks, generator)) < 0.3
    assert mean_return(chooser_of(learner.actor(), env)) > BEST - 0.1
    assert toy.broken == 0 and figures["reward"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", TOOL_ALGORITHMS)
def test_a_learner_restored_from_its_state_learns_on_bit_for_bit(algorithm):
    if TOOL_ALGORITHMS[algorithm].needs:
        pytest.importorskip(TOOL_ALGORITHMS[algorithm].needs)
    first, other = learner_of(algorithm)[0], learner_of(algorithm, 5)[0]
    other.seed = first.seed
    other.env.normaliser = first.env.normaliser
    first.learn(320)
    tensors, values = first.state()
    other.restore({name: each.clone() for name, each in tensors.items()}, values)
    first.learn(256)
    other.learn(256)
    assert first.timesteps == other.timesteps
    for one, same in zip(first.actor().state_dict().values(), other.actor().state_dict().values(), strict=True):
        assert torch.equal(one, same)
