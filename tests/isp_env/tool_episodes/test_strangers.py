"""Code of strangers trains on picking tools: Stable-Baselines3 and sb3-contrib."""

from types import MappingProxyType

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from isp_env.tool_episodes.core import ToolCore
from isp_env.tool_episodes.env import ToolEnv
from isp_env.tool_episodes.task import ToolTask
from isp_env.tool_episodes.vec_env import ToolVecEnv

SMALL = MappingProxyType({"net_arch": [8]})  # SB3 writes into what it is given
ON_POLICY = {"n_steps": 8, "batch_size": 16}
OFF_POLICY = {"learning_starts": 8, "batch_size": 8, "buffer_size": 100}


def core_of(contexts, tools, formulation: str = "tools") -> ToolCore:
    return ToolCore(contexts, tools, None, ToolTask(formulation, horizon=2))


@pytest.mark.parametrize(
    ("algorithm", "formulation", "numbers"),
    [
        (PPO, "tools", ON_POLICY), (PPO, "hybrid", ON_POLICY), (A2C, "tools", {"n_steps": 4}), (A2C, "hybrid", {"n_steps": 4}),
        (DQN, "tools", OFF_POLICY),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_sb3_trains_on_the_batch(algorithm, formulation, numbers, contexts, tools):
    env = ToolVecEnv(core_of(contexts, tools, formulation), 4)
    model = algorithm("MlpPolicy", env, seed=0, policy_kwargs=dict(SMALL), **numbers)
    model.learn(64)
    assert model.num_timesteps >= 64 and len(model.ep_info_buffer) >= 24
    assert all(episode["l"] in (1, 2) and np.isfinite(episode["r"]) for episode in model.ep_info_buffer)
    model.predict(env.reset())


@pytest.mark.slow
def test_qr_dqn_trains_on_the_batch(contexts, tools):
    contrib = pytest.importorskip("sb3_contrib", reason="sb3-contrib is not installed; it is of the extra dev")
    env = ToolVecEnv(core_of(contexts, tools), 4)
    policy = {**SMALL, "n_quantiles": 5}
    model = contrib.QRDQN("MlpPolicy", env, seed=0, policy_kwargs=policy, **OFF_POLICY)
    model.learn(64)
    assert len(model.ep_info_buffer) >= 24


@pytest.mark.parametrize("formulation", ["tools", "hybrid"])
@pytest.mark.slow
def test_maskable_ppo_trains_and_never_chooses_what_is_masked(formulation, contexts, tools):
    contrib = pytest.importorskip("sb3_contrib", reason="sb3-contrib is not installed; it is of the extra dev")
    task = ToolTask(formulation, horizon=3, never_twice=True)
    env = ToolVecEnv(ToolCore(contexts, tools, None, task), 4)
    model = contrib.MaskablePPO("MlpPolicy", env, seed=0, policy_kwargs=dict(SMALL), **ON_POLICY)
    model.learn(64)
    observations = env.reset()
    for _ in range(12):
        masks = env.action_masks()
        actions, _ = model.predict(observations, action_masks=masks, deterministic=False)
        chosen = actions if formulation == "tools" else actions[:, 0]
        assert masks[np.arange(4), chosen].all()
        observations, _, _, _ = env.step(actions)


@pytest.mark.slow
def test_maskable_ppo_learns_what_mends(contexts, tools):
    contrib = pytest.importorskip("sb3_contrib", reason="sb3-contrib is not installed; it is of the extra dev")
    core = ToolCore(contexts, tools, None, ToolTask(horizon=2, never_twice=True))
    numbers = {"n_steps": 8, "batch_size": 64, "n_epochs": 8, "learning_rate": 1.5e-3, "ent_coef": 0.05, "gamma": 1.0}
    model = contrib.MaskablePPO("MlpPolicy", ToolVecEnv(core, 16), seed=0, **numbers)
    model.learn(1024)
    observations = core.reset(torch.arange(len(core)))[1].numpy()
    first, _ = model.predict(observations, deterministic=True)
    assert first[1:].tolist() == [0, 2]  # dark; red and blue exchanged
    assert np.mean([episode["r"] for episode in model.ep_info_buffer]) > 1  # at random it is below 0


class Fixed:
    """A model that always answers the same."""

    def __init__(self, choice: int):
        self.choice = choice

    def predict(self, observations, state=None, episode_start=None, deterministic=True):
        return np.full(len(observations), self.choice), state


@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.filterwarnings("ignore:Evaluation environment is not wrapped:UserWarning")
@pytest.mark.slow
def test_evaluate_policy_sees_each_picture_of_a_list_once(copies, contexts, tools):
    core = core_of(contexts, tools)
    env = VecNormalize(ToolVecEnv(core, copies, order="in turn"), training=False, norm_reward=False)
    single = DummyVecEnv([lambda: ToolEnv(core=core, order="in turn")])
    for each in (env, single):
        returns, lengths = evaluate_policy(Fixed(core.stop), each, 3, return_episode_rewards=True)
        assert lengths == [1, 1, 1] and returns == [0, 0, 0]
    seen: list[str] = []

    def note(given: dict, _: dict) -> None:
        if given["done"]:
            seen.append(given["info"]["image"])

    evaluate_policy(Fixed(0), env, 3, callback=note)
    assert sorted(seen) == sorted(core.names)
