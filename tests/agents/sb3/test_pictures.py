"""Policies that look at small pictures: SB3's features extractor is the actor's own reader."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from fixtures.brightness import BRIGHTNESS_ALONE, BrightnessScorer, dark_frames
from fixtures.tolerances import rounding

from agents.algorithms import numbers_of
from agents.sb3.residual import ResidualVecEnv
from agents.sb3.training import actor_of, build_model
from agents.selection import Selection
from agents.training import Training, normaliser_of
from isp_env.core import IspCore
from isp_env.task import Task
from isp_env.vec_env import IspVecEnv

PX = 8


@dataclass(frozen=True)
class LookingTask(Task):
    pictures: int = PX


class LookingCore(IspCore):
    """A core whose observations end in a small copy of the render."""

    @property
    def observation_size(self):
        return super().observation_size + 3 * PX**2

    def _observe(self, ids, actions, seen, time_left):
        statistics = super()._observe(ids, actions, seen, time_left)
        return torch.cat([statistics, F.interpolate(seen.images, (PX, PX), mode="area").flatten(1)], 1)


@pytest.fixture(scope="module")
def core():
    return LookingCore(dark_frames(), BrightnessScorer(), LookingTask(proxy_px=32, crops=0), BRIGHTNESS_ALONE)


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["ppo", "sac", "td3", "recurrent_ppo"])
def test_a_policy_with_pictures_acts_as_its_model_and_its_convolutions_learn(core, algorithm):
    quick = {"n_steps": 4} if "ppo" in algorithm else {"learning_starts": 4}
    numbers = numbers_of(algorithm, {"batch_size": 8, **quick})
    training = Training(algorithm, core, Selection(None), core.identity, normaliser_of(core), numbers, 32, 4, 32, 0, {})
    model = build_model(training)
    before = actor_of(training, model).reader.look[0].weight.clone()
    model.learn(32)
    actor = actor_of(training, model)
    assert not torch.equal(actor.reader.look[0].weight, before)
    env, observations = ResidualVecEnv(IspVecEnv(core, 4), training), core.default_observations
    predicted, _ = model.predict(env.standardised(observations.numpy()), deterministic=True)
    actions = training.policy(actor, 32).act(observations)
    np.testing.assert_allclose(actions.numpy(), env.absolute(predicted), atol=rounding(512))
