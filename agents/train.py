"""Training an agent with Stable-Baselines3 and storing its policy as a safe bundle."""

from pathlib import Path

import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize

from agents.algorithms import NUM_ENVS, TIMESTEPS, find_algorithm
from agents.build import actor_layers, build_algorithm, normaliser_of
from agents.policy import Policy, save_policy
from attiqa_core.runs import append_metrics, progress
from isp_env.core import IspCore
from isp_env.reward import TERMS
from isp_env.vec_env import IspVecEnv


def train_agent(
    core: IspCore,
    *,
    algorithm: str = "ppo",
    timesteps: int = TIMESTEPS,
    num_envs: int = NUM_ENVS,
    seed: int = 0,
    run: Path | None = None,
) -> Policy:
    """Return the policy after `timesteps` steps over all environments; with a run folder it is stored there as it learns.

    The same seed gives the same policy on the same machine. An interrupt stores the policy as it stands.
    """
    find_algorithm(algorithm)  # a wrong name is refused before anything is made
    env = VecNormalize(IspVecEnv(core, num_envs), norm_obs=True, norm_reward=True)
    model = build_algorithm(algorithm, env, seed, str(run / "tensorboard") if run else None)
    watcher = Progress(core, algorithm, timesteps, run)
    try:
        model.learn(timesteps, callback=watcher, tb_log_name=algorithm, log_interval=10)
    finally:  # an interrupted training keeps what it has learned
        watcher.bar.close()
        policy = policy_of(algorithm, model, core)
        if run:
            save_policy(run, policy)
    return policy


def policy_of(algorithm: str, model: BaseAlgorithm, core: IspCore) -> Policy:
    """Return the model's present deterministic policy."""
    env = model.get_env()
    assert isinstance(env, VecNormalize)
    layers, activation, squash = actor_layers(algorithm, model)
    return Policy(
        layers,
        activation,
        squash,
        normaliser_of(env),
        core.task,
        core.weights,
        {"name": core.scorer.reference, "sha256": core.scorer.sha256},
        {"algorithm": type(model).__name__, "timesteps": model.num_timesteps, "seed": model.seed, "raws": len(core)},
    )


class Progress(BaseCallback):
    """Progress bar, the reward's parts to TensorBoard and `metrics.jsonl`, and the bundle stored every `every` episodes."""

    def __init__(self, core: IspCore, algorithm: str, timesteps: int, run: Path | None, every: int = 512):
        super().__init__()
        self.core, self.algorithm, self.run_folder, self.every = core, algorithm, run, every
        self.bar = progress(total=timesteps, label="train", unit="step")
        self.finished: list[dict] = []

    def _on_training_start(self) -> None:
        """SB3 ends after whole rollouts, where an algorithm has them: so many steps are on their way."""
        rollout = getattr(self.model, "n_steps", 1) * self.training_env.num_envs
        self.bar.total = -(-self.bar.total // rollout) * rollout

    def _on_step(self) -> bool:
        self.bar.update(self.training_env.num_envs)
        self.finished += [info for info in self.locals["infos"] if "episode" in info]
        if len(self.finished) >= self.every:
            self.report()
        return True

    def _on_training_end(self) -> None:
        self.report()

    def report(self) -> None:
        """Log the means over the episodes since the last report and store the policy."""
        if not self.finished:
            return
        row = {
            "timesteps": self.num_timesteps,
            "reward": float(np.mean([info["episode"]["r"] for info in self.finished])),
        }
        row |= {term: float(np.mean([info["reward_parts"][term] for info in self.finished])) for term in TERMS}
        self.finished = []
        for name, value in row.items():
            self.logger.record(f"episode/{name}", value)
        self.bar.set_postfix(reward=f"{row['reward']:+.4f}", quality=f"{row['quality']:+.4f}", refresh=False)
        if self.run_folder:
            append_metrics(self.run_folder, row)
            save_policy(self.run_folder, policy_of(self.algorithm, self.model, self.core))
