"""Gymnasium's own wrappers, single and vector, do on the environments what they promise."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import wrappers
from gymnasium.error import ResetNeeded

from isp_env.core import IspCore, Task
from isp_env.env import IspEnv
from isp_env.vector_env import IspVectorEnv

STEPS = 3


@pytest.fixture(scope="module")
def core(synthetic_frames, tiny_scorer) -> IspCore:
    return IspCore(synthetic_frames[:3], tiny_scorer, Task("iterative", horizon=STEPS, proxy_px=32, crops=0))


def test_time_limit_truncates(core):
    env = wrappers.TimeLimit(IspEnv(core=core), 2)
    env.reset(seed=0)
    assert [env.step(np.zeros(core.action_size))[2:4] for _ in range(2)] == [(False, False), (False, True)]


def test_actions_are_clipped_and_rescaled(core):
    def parts(env: gymnasium.Env, value: float) -> dict:
        env.reset(options={"image": 0})
        return env.step(np.full(core.action_size, value, np.float32))[4]["reward_parts"]

    plain = parts(IspEnv(core=core), 1)
    assert parts(wrappers.ClipAction(IspEnv(core=core)), 7) == plain
    assert parts(wrappers.RescaleAction(IspEnv(core=core), np.float32(0), np.float32(10)), 10) == plain


def test_observations_are_normalised_and_stacked(core):
    size = core.observation_size
    env = wrappers.FrameStackObservation(wrappers.NormalizeObservation(IspEnv(core=core)), 2)
    first, _ = env.reset(seed=0)
    second, *_ = env.step(np.zeros(core.action_size, np.float32))
    assert first.shape == second.shape == (2, size) and np.array_equal(second[0], first[1])
    assert wrappers.FlattenObservation(env).observation_space.shape == (2 * size,)
    assert wrappers.DtypeObservation(IspEnv(core=core), np.float64).reset()[0].dtype == np.float64


def test_rewards_are_transformed_and_episodes_counted(core):
    env = wrappers.TransformReward(wrappers.RecordEpisodeStatistics(IspEnv(core=core)), lambda reward: 10 * reward)
    env.reset(seed=0)
    rewards = []
    for _ in range(STEPS):
        _, reward, _, _, info = env.step(np.full(core.action_size, 0.1, np.float32))
        rewards.append(reward)
    assert info["episode"]["l"] == STEPS and info["episode"]["r"] == pytest.approx(sum(rewards) / 10)


def test_gymnasiums_order_is_enforced_and_torch_taken(core):
    with pytest.raises(ResetNeeded):
        wrappers.OrderEnforcing(IspEnv(core=core)).step(np.zeros(core.action_size))
    env = IspEnv(core=core)
    env.reset()
    assert env.step(torch.zeros(core.action_size))[0].dtype == np.float32


def walked(env: gymnasium.vector.VectorEnv, value: float, steps: int = STEPS) -> list[tuple]:
    env.reset(seed=0)
    return [env.step(np.full(env.action_space.shape, value, np.float32)) for _ in range(steps)]


def vector_env(core: IspCore, **given) -> IspVectorEnv:
    return IspVectorEnv(2, core=core, **given)


@pytest.mark.slow
def test_vector_actions_are_clipped_and_rescaled(core):
    plain = walked(vector_env(core), 1)[-1][1]
    clipped = wrappers.vector.ClipAction(vector_env(core))
    rescaled = wrappers.vector.RescaleAction(vector_env(core), np.float32(0), np.float32(10))
    assert np.array_equal(walked(clipped, 7)[-1][1], plain) and np.allclose(walked(rescaled, 10)[-1][1], plain)


@pytest.mark.parametrize("mode", ["SameStep", "NextStep"])
@pytest.mark.slow
def test_vector_episodes_are_counted(core, mode):
    env = wrappers.vector.RecordEpisodeStatistics(vector_env(core, autoreset_mode=mode))
    rewards = np.stack([reward for _, reward, *_ in walked(env, 0.1)])
    infos = walked(env, 0.1)[-1][4]
    assert infos["episode"]["l"].tolist() == [STEPS] * 2 and np.allclose(infos["episode"]["r"], rewards.sum(0))


@pytest.mark.slow
def test_vector_observations_and_rewards_are_normalised_and_transformed(core):
    next_step = {"autoreset_mode": "NextStep"}  # Gymnasium's wrappers of vector observations take no other
    seen = walked(wrappers.vector.NormalizeObservation(vector_env(core, **next_step)), 0.1)[-1][0]
    assert np.isfinite(seen).all()
    plain, tenfold = vector_env(core), wrappers.vector.TransformReward(vector_env(core), lambda reward: 10 * reward)
    assert np.allclose(10 * walked(plain, 0.1)[-1][1], walked(tenfold, 0.1)[-1][1])
    halved = wrappers.vector.TransformObservation(vector_env(core, **next_step), lambda observation: observation / 2)
    assert np.allclose(2 * walked(halved, 0.1)[0][0], walked(plain, 0.1)[0][0])
    assert np.isfinite(walked(wrappers.vector.NormalizeReward(vector_env(core)), 0.1)[-1][1]).all()


def test_vector_infos_become_a_list_of_single_ones(core):
    last = walked(wrappers.vector.DictInfoToList(vector_env(core)), 0.1)[-1][4]
    assert [info["final_info"]["image"] in core.names for info in last] == [True, True]
    assert set(last[0]["final_info"]["reward_parts"]) == set(last[1]["final_info"]["reward_parts"])
    assert last[0]["final_obs"].shape == (core.observation_size,)
