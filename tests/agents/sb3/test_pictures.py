"""Policies that look at small pictures: SB3's features extractor is the actor's own reader."""

import numpy as np
import pytest
import torch
from fixtures.brightness import toy_core
from fixtures.tolerances import rounding

from agents.algorithms import numbers_of
from agents.bundles.files import load_policy
from agents.sb3.residual import ResidualVecEnv
from agents.sb3.training import REPLAY_BYTES, actor_of, build_model, kept_steps
from agents.selection import Selection
from agents.train import train_agent
from agents.training import Training, normaliser_of
from agents.tuner import PolicyTuner
from isp_env.vec_env import IspVecEnv

PX = 8


@pytest.fixture(scope="module")
def core():
    return toy_core(pictures=PX, crops=1)


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


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["gradient", "ppo"])
def test_a_policy_with_pictures_is_trained_stored_and_tunes_beside_one_without(core, algorithm, tmp_path):
    numbers = {"n_steps": 4} if algorithm == "ppo" else {}
    policy = train_agent(
        core, core, algorithm=algorithm, timesteps=32, constant_samples=16, run=tmp_path, numbers=numbers
    )
    stored, observations = load_policy(tmp_path), core.default_observations
    assert stored.task.pictures == PX and stored.actor.architecture.pictures == 2
    assert torch.equal(stored.act(observations), policy.act(observations))
    other = observations.clone()
    other[:, -1000:] = 1 - other[:, -1000:]
    stored.actor.requires_grad_(True).layers[-1].weight.data += 0.1
    assert not torch.equal(stored.act(observations), stored.act(other))
    tuner = PolicyTuner(policy, core.scorer)
    alone = toy_core(pictures=PX, crops=1)
    assert torch.equal(tuner.tune(core).values, tuner.tune(alone).values)
    blind = train_agent(toy_core(crops=1), algorithm="gradient", timesteps=16, constant_samples=0)
    assert torch.isfinite(PolicyTuner(blind, core.scorer).tune(core).values).all()


def test_a_replay_buffer_of_pictures_is_capped_and_says_so(core, recwarn):
    room = REPLAY_BYTES // (8 * core.observation_size)
    assert kept_steps(1000, 10**9, core) == 1000 and kept_steps(10**9, 1000, core) == room and not recwarn
    with pytest.warns(UserWarning, match=f"the replay buffer holds the last {room} steps, 1024 MiB"):
        assert kept_steps(10**9, 10**9, core) == room
