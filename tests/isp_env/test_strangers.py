"""Code of strangers trains on the environments: Stable-Baselines3, sb3-contrib, and a loop as CleanRL writes them."""

from collections.abc import Callable
from types import MappingProxyType

import gymnasium
import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, PPO, SAC, TD3
from stable_baselines3.common.callbacks import EvalCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import DummyVecEnv, VecFrameStack, VecMonitor, VecNormalize
from torch import nn
from torch.distributions import Normal

from isp_env.core import IspCore, Task
from isp_env.env import IspEnv
from isp_env.raw_io.dng import write_frame
from isp_env.vec_env import IspVecEnv

SMALL = MappingProxyType({"net_arch": [8]})  # SB3 writes into what it is given
OFF_POLICY = {"learning_starts": 8, "batch_size": 8, "buffer_size": 100}


@pytest.fixture(scope="module")
def iterative(synthetic_frames, tiny_scorer) -> IspCore:
    return IspCore(synthetic_frames[:3], tiny_scorer, Task("iterative", horizon=2, proxy_px=32, crops=0))


@pytest.mark.parametrize(
    ("algorithm", "numbers"),
    [(PPO, {"n_steps": 8, "batch_size": 16}), (A2C, {"n_steps": 4}), (SAC, OFF_POLICY), (TD3, OFF_POLICY)],
)
@pytest.mark.slow
def test_sb3_trains_on_the_batch(algorithm, numbers, iterative):
    model = algorithm("MlpPolicy", IspVecEnv(iterative, 4), seed=0, policy_kwargs=dict(SMALL), **numbers)
    model.learn(64)
    assert model.num_timesteps >= 64 and len(model.ep_info_buffer) >= 24
    assert all(episode["l"] == 2 and np.isfinite(episode["r"]) for episode in model.ep_info_buffer)


@pytest.mark.parametrize("name", ["TQC", "RecurrentPPO"])
@pytest.mark.slow
def test_sb3_contrib_trains_on_the_batch(name, iterative):
    contrib = pytest.importorskip("sb3_contrib", reason="sb3-contrib is not installed; it is of the extra dev")
    env = IspVecEnv(iterative, 4)
    if name == "TQC":
        model = contrib.TQC("MlpPolicy", env, seed=0, policy_kwargs=dict(SMALL), **OFF_POLICY)
    else:
        model = contrib.RecurrentPPO(
            "MlpLstmPolicy", env, n_steps=8, batch_size=16, seed=0, policy_kwargs={**SMALL, "lstm_hidden_size": 8}
        )
    model.learn(64)
    assert len(model.ep_info_buffer) >= 24


@pytest.mark.filterwarnings(
    "ignore:The environment is already wrapped:UserWarning"
)  # VecMonitor sees a Monitor's infos
@pytest.mark.slow
def test_sb3s_wrappers_stack_on_the_batch(iterative):
    env = VecFrameStack(VecNormalize(VecMonitor(IspVecEnv(iterative, 2))), 3)
    size = iterative.observation_size
    assert env.reset().shape == (2, 3 * size)
    for _ in range(2):
        observations, _, ended, infos = env.step(np.zeros((2, iterative.action_size), np.float32))
    assert observations.shape == (2, 3 * size) and ended.all()
    assert infos[0]["terminal_observation"].shape == (3 * size,) and infos[0]["episode"]["l"] == 2
    PPO("MlpPolicy", env, n_steps=4, batch_size=8, seed=0, policy_kwargs=dict(SMALL)).learn(16)


class Fixed:
    """A model that always answers the same."""

    def __init__(self, action: np.ndarray):
        self.action = action

    def predict(self, observations, state=None, episode_start=None, deterministic=True):
        return np.tile(self.action, (len(observations), 1)), state


def return_of(core: IspCore, image: str, action: np.ndarray) -> float:
    env = IspEnv(core=core)
    env.reset(options={"image": image})
    return sum(env.step(action)[1] for _ in range(core.task.steps))


@pytest.mark.parametrize(
    "make",
    [lambda core: IspVecEnv(core, 2, order="in turn"), lambda core: DummyVecEnv([lambda: IspEnv(core=core, order="in turn")])],
    ids=["batch of two, three raws", "single"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Evaluation environment is not wrapped:UserWarning")
@pytest.mark.slow
def test_evaluate_policy_sees_each_raw_of_a_list_once(make, iterative):
    env, action, seen = make(iterative), np.full(iterative.action_size, 0.1, np.float32), []

    def note(given: dict, _: dict) -> None:
        if given["done"]:
            seen.append(given["info"]["image"])

    for _ in range(2):
        returns, lengths = evaluate_policy(Fixed(action), env, 3, callback=note, return_episode_rewards=True)
        assert sorted(seen) == iterative.names and lengths == [2, 2, 2]
        expected = [return_of(iterative, image, action) for image in seen]
        assert returns == pytest.approx(expected, abs=1e-3)
        seen.clear()


@pytest.mark.slow
def test_eval_callback_judges_on_a_fixed_list_and_keeps_the_best(iterative, tmp_path):
    held_out = VecNormalize(IspVecEnv(iterative, 2, order="in turn"), training=False)
    env = VecNormalize(IspVecEnv(iterative, 4))
    model = PPO("MlpPolicy", env, n_steps=8, batch_size=16, seed=0, policy_kwargs=dict(SMALL))
    callback = EvalCallback(
        held_out, n_eval_episodes=3, eval_freq=8, log_path=str(tmp_path), best_model_save_path=str(tmp_path), verbose=0
    )
    model.learn(64, callback=callback)
    kept = np.load(tmp_path / "evaluations.npz")
    assert kept["results"].shape == (2, 3) and (kept["ep_lengths"] == 2).all()
    assert (tmp_path / "best_model.zip").exists()


class ActorCritic(nn.Module):
    """CleanRL's agent for continuous actions, small."""

    def __init__(self, observations: int, actions: int):
        super().__init__()
        self.critic = nn.Sequential(nn.Linear(observations, 32), nn.Tanh(), nn.Linear(32, 1))
        self.actor = nn.Sequential(nn.Linear(observations, 32), nn.Tanh(), nn.Linear(32, actions))
        self.log_sigma = nn.Parameter(torch.full((actions,), -1.0))

    def forward(self, observations: torch.Tensor) -> tuple[Normal, torch.Tensor]:
        return Normal(self.actor(observations), self.log_sigma.exp()), self.critic(observations)[:, 0]


def ppo(env: gymnasium.vector.VectorEnv, updates: int, steps: int = 8, gamma: float = 0.9) -> list[float]:
    """Return the mean reward of each rollout. Source: Schulman et al. 2017; the form is CleanRL's ppo_continuous_action."""
    agent = ActorCritic(env.single_observation_space.shape[0], env.single_action_space.shape[0])
    optimiser = torch.optim.Adam(agent.parameters(), 3e-3)
    seen, _ = env.reset(seed=0)
    curve = []
    for _ in range(updates):
        rollout = []
        for _ in range(steps):
            observations = torch.as_tensor(seen)
            with torch.no_grad():
                policy, values = agent(observations)
            actions = policy.sample()
            seen, rewards, ended, truncated, _ = env.step(actions.clamp(-1, 1).numpy())
            log_probabilities = policy.log_prob(actions).sum(1)
            done = torch.as_tensor(ended | truncated).float()
            rollout.append((observations, actions, log_probabilities, values, torch.as_tensor(rewards).float(), done))
        columns = [torch.stack(column) for column in zip(*rollout, strict=True)]
        with torch.no_grad():
            returns = _returns(columns[4], columns[5], agent(torch.as_tensor(seen))[1], gamma)
        learn(agent, optimiser, [column.flatten(0, 1) for column in columns[:4]], returns.flatten())
        curve.append(float(columns[4].mean()))
    return curve


def _returns(rewards: torch.Tensor, ended: torch.Tensor, last: torch.Tensor, gamma: float) -> torch.Tensor:
    returns = torch.empty_like(rewards)
    for step in reversed(range(len(rewards))):
        last = returns[step] = rewards[step] + gamma * (1 - ended[step]) * last
    return returns


def learn(
    agent: Callable, optimiser: torch.optim.Optimizer, rollout: list[torch.Tensor], returns: torch.Tensor
) -> None:
    """Four epochs of the clipped objective over the whole rollout."""
    observations, actions, old, values, *_ = rollout
    advantages = returns - values
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    for _ in range(4):
        policy, value = agent(observations)
        ratio = (policy.log_prob(actions).sum(1) - old).exp()
        gain = torch.minimum(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages).mean()
        optimiser.zero_grad()
        ((value - returns).square().mean() - gain).backward()
        optimiser.step()


@pytest.mark.parametrize("formulation", ["one-shot", "iterative"])
@pytest.mark.slow
def test_a_loop_in_the_manner_of_cleanrl_learns_on_make_vec(
    formulation, tmp_path, synthetic_frames, tiny_scorer_folder
):
    for frame in synthetic_frames[:2]:
        write_frame(tmp_path / f"{frame.name}.dng", frame)
    env = gymnasium.make_vec(
        "attiqa/IspTune-v0", num_envs=8, vectorization_mode="vector_entry_point", raws=str(tmp_path),
        scorer=str(tiny_scorer_folder), formulation=formulation, horizon=2, proxy_px=32, crops=0,
    )  # fmt: skip
    torch.manual_seed(0)
    curve = ppo(gymnasium.wrappers.vector.RecordEpisodeStatistics(env), updates=10)
    assert np.mean(curve[-3:]) > np.mean(curve[:3])
