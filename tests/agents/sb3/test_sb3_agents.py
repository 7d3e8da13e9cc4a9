"""Stable-Baselines3's models and the policies made of them: the same actions, numbers, start."""

import numpy as np
import pytest
import torch
from fixtures.brightness import toy_core as make_toy_core
from fixtures.tolerances import rounding

from agents.algorithms import ALGORITHMS, numbers_of
from agents.normaliser import CLIP
from agents.sb3.residual import ResidualVecEnv
from agents.sb3.training import actor_of, build_model
from agents.selection import Selection
from agents.training import Training, normaliser_of
from attiqa_core.errors import UsageError
from isp_env.vec_env import IspVecEnv

OF_SB3 = [name for name, row in ALGORITHMS.items() if row.build]


@pytest.fixture(scope="module")
def toy_core():
    return make_toy_core()


def training_of(core, algorithm, num_envs=4, **numbers) -> Training:
    base = (core.identity + 0.2 * torch.linspace(-1, 1, core.action_size)).clamp(-1, 1)
    chosen = numbers_of(algorithm, {"n_steps": 4, **numbers} if "n_steps" in numbers_of(algorithm, {}) else numbers)
    about: dict = {"algorithm": algorithm}
    normaliser = normaliser_of(core)
    return Training(algorithm, core, Selection(None), base, normaliser, chosen, 64, num_envs, 32, 0, about)


def shaken(model):
    """The model, whose every weight has moved a little from where training starts."""
    torch.manual_seed(1)
    with torch.no_grad():
        for each in model.policy.parameters():
            each.add_(0.1 * torch.randn_like(each))
    return model


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", OF_SB3)
def test_a_policy_acts_as_the_models_deterministic_prediction_in_its_environment(algorithm):
    core = make_toy_core(formulation="iterative", horizon=3, step_size=0.5)
    training = training_of(core, algorithm)
    model = shaken(build_model(training))
    policy = training.policy(actor_of(training, model), 0)
    env = ResidualVecEnv(IspVecEnv(core, 4), training)
    state, raw = core.reset(torch.arange(4))
    memory = states = None
    for step in range(core.task.steps):
        seen = env.standardised(raw.numpy())
        residuals, states = model.predict(seen, states, np.full(4, step == 0), deterministic=True)
        actions, memory = policy.respond(raw, memory)
        np.testing.assert_allclose(actions.numpy(), env.absolute(residuals), atol=rounding(256))
        transition = core.step(state, actions)
        state, raw = transition.state, transition.observations


@pytest.mark.parametrize("algorithm", OF_SB3)
def test_an_untrained_policy_is_the_constant(toy_core, algorithm):
    training = training_of(toy_core, algorithm)
    policy = training.policy(actor_of(training, build_model(training)), 0)
    actions = policy.act(toy_core.default_observations)
    assert torch.equal(actions, training.base.expand(4, -1))


def test_the_environment_of_an_agent_has_residual_actions_standard_observations_and_scaled_rewards(toy_core):
    training = training_of(toy_core, "sac", reach=0.3, reward_scale=4.0)
    plain, env = IspVecEnv(toy_core, 2), ResidualVecEnv(IspVecEnv(toy_core, 2), training)
    for each in (plain, env):
        each.seed(5)
    observations, standard = plain.reset(), env.reset()
    assert isinstance(standard, np.ndarray) and np.abs(standard).max() <= CLIP
    np.testing.assert_array_equal(standard, training.normaliser(torch.from_numpy(observations)).numpy())
    ends = np.array([np.full(toy_core.action_size, -1.0), np.full(toy_core.action_size, 1.0)], np.float32)
    expected = (training.base + 0.3 * torch.from_numpy(ends)).clamp(-1, 1).numpy()
    np.testing.assert_allclose(env.absolute(ends), expected, atol=rounding(4))
    _, rewards, _, infos = plain.step(env.absolute(ends))
    _, scaled, _, scaled_infos = env.step(ends)
    np.testing.assert_allclose(scaled, 4 * rewards, rtol=1e-6)
    assert [info["episode"]["r"] for info in scaled_infos] == [info["episode"]["r"] for info in infos]
    last = training.normaliser(torch.from_numpy(infos[0]["terminal_observation"][None]))[0].numpy()
    np.testing.assert_array_equal(scaled_infos[0]["terminal_observation"], last)


def _log_std(model) -> float:
    policy = model.policy
    return (policy.log_std if hasattr(policy, "log_std") else policy.actor.log_std.bias)[0].item()


FOUND = {
    "lr": lambda model: model.lr_schedule(1.0),
    "reach": lambda model: model.env.reach,
    "reward_scale": lambda model: model.env.reward_scale,
    "hidden": lambda model: tuple(model.policy.net_arch),
    "clip_range": lambda model: model.clip_range(1.0),
    "log_std": _log_std,
    "memory": lambda model: model.policy.lstm_actor.hidden_size,
    "exploration": lambda model: float(model.action_noise._sigma[0]),
    "buffer_size": lambda model: 4 * model.replay_buffer.buffer_size,
}
"""Where a model has a number, if it is not its attribute of that name."""
UNUSUAL = {
    "lr": 0.0017, "batch_size": 7, "reach": 0.45, "hidden": (5, 6), "reward_scale": 3.0, "gamma": 0.77, "n_steps": 9,
    "n_epochs": 3, "target_kl": 0.09, "clip_range": 0.11, "gae_lambda": 0.66, "ent_coef": 0.25, "log_std": -0.75,
    "memory": 11, "learning_starts": 13, "buffer_size": 80, "gradient_steps": 2, "tau": 0.03, "exploration": 0.35,
}  # fmt: skip


@pytest.mark.parametrize("algorithm", OF_SB3)
def test_every_number_of_a_preset_reaches_the_model(toy_core, algorithm):
    names = numbers_of(algorithm, {})
    model = build_model(training_of(toy_core, algorithm, **{name: UNUSUAL[name] for name in names}))
    for name in names:
        found = FOUND.get(name, lambda model, name=name: getattr(model, name))(model)
        if isinstance(found, str):  # SAC's and TQC's entropy weight, which they only start from
            found = float(found.removeprefix("auto_"))
        assert found == pytest.approx(UNUSUAL[name], rel=1e-6), name


def test_ppo_refuses_an_update_of_a_single_step(toy_core):
    with pytest.raises(UsageError, match="2 steps or more"):
        build_model(training_of(toy_core, "ppo", num_envs=1, n_steps=1))


def test_the_first_random_actions_lie_about_the_constant_and_within_reach(toy_core):
    training = training_of(toy_core, "td3")
    env = build_model(training).env
    env.action_space.seed(0)
    drawn = np.array([env.action_space.sample() for _ in range(400)])
    assert np.abs(drawn).max() <= 1 and np.abs(drawn.mean(0)).max() < 4 * 3**-0.5 / 400**0.5
