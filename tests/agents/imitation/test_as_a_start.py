"""Good examples, imitated, are a start from which an agent needs half of its queries or fewer."""

import json

import pytest
from fixtures.brightness import BRIGHTNESS_ALONE, BrightnessScorer
from fixtures.experts import TASK, core_of, scenes

from agents.baselines.gradient import climbed
from agents.bundles.files import save_policy
from agents.imitation.imitate import as_policy
from agents.imitation.recipe import ImitationRecipe
from agents.imitation.targets import examples_of
from agents.start import open_start
from agents.train import train_agent
from isp_env.fitting.files import Fit, Fits

CONSTANT, STEPS = 64, 96
NUMBERS = {"gradient": {"batch_size": 16}}


def good_fits(core):
    """What climbing the reward finds for each raw: the best that an expert of it could answer."""
    actions = climbed(core, core.identity.expand(len(core), -1), 8, 0.2, "experts")
    rows = zip(core.names, core.params(actions).to_dicts(), strict=True)
    return Fits(TASK.profile, tuple(Fit(name, name, row, 1.0, 40.0, name) for name, row in rows))


def curve(run):
    return [(row["timesteps"], row["validation_reward"]) for row in map(json.loads, (run / "metrics.jsonl").open())]


def reached(rows, reward):
    return next((steps for steps, found in rows if found >= reward), None)


@pytest.fixture(scope="module")
def sides():
    """Cores to train on and to judge by, and the examples of both."""
    contexts = scenes(20, 0), scenes(8, 1)
    cores = [core_of(each) for each in contexts]
    examples = [examples_of(good_fits(core), each, TASK.profile) for core, each in zip(cores, contexts, strict=True)]
    return cores, examples


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", NUMBERS)
def test_an_agent_from_an_imitation_needs_half_of_the_queries_to_the_same_validation_reward(algorithm, sides, tmp_path):
    (core, validation), examples = sides
    recipe = ImitationRecipe(like=algorithm, epochs=30)
    imitation = as_policy(*examples, BrightnessScorer(), TASK, recipe=recipe, weights=BRIGHTNESS_ALONE)
    start = open_start(save_policy(tmp_path / "start", imitation.policy), TASK)
    shared = {"algorithm": algorithm, "timesteps": STEPS, "num_envs": 32, "every": 32, "numbers": NUMBERS[algorithm]}
    train_agent(core, validation, **shared, constant_samples=CONSTANT, run=tmp_path / "fresh")
    train_agent(core, validation, **shared, start=start, run=tmp_path / "started")
    fresh, started = curve(tmp_path / "fresh"), curve(tmp_path / "started")
    best = max(reward for _, reward in fresh)
    assert best > fresh[0][1] + 0.003  # it learned something that a start can save
    needed = reached(started, best)
    assert needed is not None and needed <= 0.5 * (CONSTANT + reached(fresh, best))
