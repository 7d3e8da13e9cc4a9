"""Training by Stable-Baselines3: legs of learning, each from one look by the selection to the next.

At the start of a leg every generator is seeded by the training's seed and the steps done, and the episodes begin anew. So
a training that goes on after a kill needs no state of generators, environments or memories, and ends with the same bits.
"""

import warnings
from collections import defaultdict
from pkgutil import resolve_name
from typing import Any

import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from agents.actor import Actor
from agents.algorithms import find_algorithm
from agents.checkpoint import load_checkpoint, save_checkpoint
from agents.sb3.networks import copied_actor, give_actor, network_options
from agents.sb3.residual import ResidualVecEnv
from agents.sb3.state import model_state, restore_model
from agents.training import Training
from attiqa_core.runs.progress import progress
from isp_env.core import IspCore
from isp_env.reward import TERMS
from isp_env.vec_env import IspVecEnv

LARGEST = ("approx_kl", "clip_fraction")
"""Of these a row also has the largest update's: they say whether PPO stayed inside its trust region."""
REPLAY_BYTES = 2**30
"""Of a replay buffer's observations at most: those with small pictures are large."""
NO_FIGURES = ("n_updates", "learning_rate", "clip_range")


def train(training: Training) -> None:
    """Offer the policy to the selection at the start and after every leg; resumable bit for bit."""
    model, selection = build_model(training), training.selection
    if not _restored(training, model):
        selection.consider(training.policy(actor_of(training, model), 0))
    with progress(total=training.timesteps, label=training.algorithm, unit="step", done=model.num_timesteps) as bar:
        while model.num_timesteps < training.timesteps and not selection.finished:
            heard = Heard(bar)
            _learn_leg(training, model, heard)
            selection.consider(training.policy(actor_of(training, model), model.num_timesteps), heard.figures())
            _store(training, model)


def build_model(training: Training) -> BaseAlgorithm:
    """Return the untrained model of a training, in its environment."""
    row, numbers = find_algorithm(training.algorithm), dict(training.numbers)
    env = ResidualVecEnv(IspVecEnv(training.core, training.num_envs), training)
    if "n_steps" in numbers:  # a rollout is no longer than the training
        numbers["n_steps"] = min(numbers["n_steps"], -(-training.timesteps // training.num_envs))
    if "buffer_size" in numbers:
        numbers["buffer_size"] = kept_steps(numbers["buffer_size"], training.timesteps, training.core)
    networks = network_options(training.architecture(row.activation, row.squash))
    model = resolve_name(row.build)(
        env, numbers, policy_kwargs=networks, seed=training.seed, device=training.core.device
    )
    if training.start is not None:
        give_actor(training.start, *resolve_name(row.actor)(model))
        if hasattr(model, "actor_target"):  # TD3's critics learn from what this one would do
            model.actor_target.load_state_dict(model.actor.state_dict())
    return model


def kept_steps(wanted: int, timesteps: int, core: IspCore) -> int:
    """Return how many steps a replay buffer holds: those wanted, or what fits into REPLAY_BYTES, which is warned of where the
    training has more."""
    room = REPLAY_BYTES // (2 * 4 * core.observation_size)  # float32, before and after each step
    if min(wanted, timesteps) > room:
        warnings.warn(
            f"--buffer-size {wanted}: so many observations of {core.observation_size} entries are too large; the replay buffer "
            f"holds the last {room} steps, {REPLAY_BYTES >> 20} MiB"
        )
    return min(wanted, room)


def actor_of(training: Training, model: BaseAlgorithm) -> Actor:
    """Return the model's deterministic actor, on the CPU, without Stable-Baselines3."""
    row = find_algorithm(training.algorithm)
    return copied_actor(training.architecture(row.activation, row.squash), *resolve_name(row.actor)(model))


def _learn_leg(training: Training, model: BaseAlgorithm, heard: "Heard") -> None:
    done = model.num_timesteps
    model.set_random_seed(int(np.random.SeedSequence([training.seed, done]).generate_state(1)[0] >> 1))
    model._last_obs = None  # SB3 starts the episodes anew, and with them the memories of an LSTM
    if "n_steps" in training.numbers:  # of an on-policy algorithm; the leg's own, so that one gone on with has the same
        rate = training.rate(done)
        model.lr_schedule = lambda _: rate
    steps = min(training.every, training.timesteps - done)
    model.learn(steps, heard, log_interval=None, reset_num_timesteps=False)  # type: ignore[arg-type]


def _store(training: Training, model: BaseAlgorithm) -> None:
    if training.run is not None:
        tensors, values = model_state(model)
        about = {"timesteps": model.num_timesteps, "selection": training.selection.state()}
        save_checkpoint(training.run, tensors | {"base": training.base}, values | about)


def _restored(training: Training, model: BaseAlgorithm) -> bool:
    """Whether there was a checkpoint, which model and selection now go on from."""
    stored = load_checkpoint(training.run) if training.resume and training.run is not None else None
    if stored is None:
        return False
    restore_model(model, *stored)
    training.selection.restore(stored[1]["selection"])
    return True


class Heard(BaseCallback):
    """What is heard of a leg: rewards of its episodes, and SB3's figures of each update."""

    def __init__(self, bar: Any):
        super().__init__()
        self.bar, self.updates = bar, 0
        self.heard: dict[str, list[float]] = defaultdict(list)

    def _on_step(self) -> bool:
        self.bar.update(self.model.num_timesteps - self.bar.n)
        for info in self.locals["infos"]:
            if "episode" in info:
                self.heard["reward"].append(info["episode"]["r"])
                for name in TERMS:
                    self.heard[name].append(info["reward_parts"][name])
        return True

    def _on_training_start(self) -> None:
        self.updates = self.model._n_updates

    def _on_rollout_start(self) -> None:
        self._hear_update()

    def _on_training_end(self) -> None:
        self._hear_update()

    def _hear_update(self) -> None:
        """Take down what the last update recorded, once."""
        if self.model._n_updates == self.updates:
            return
        self.updates = self.model._n_updates
        for name, value in self.logger.name_to_value.items():
            if name.startswith("train/") and (short := name.removeprefix("train/")) not in NO_FIGURES:
                self.heard[short].append(float(value))

    def figures(self) -> dict[str, float]:
        """Return the means over the leg, and the largest of LARGEST."""
        means = {name: float(np.mean(values)) for name, values in self.heard.items()}
        return means | {f"largest_{name}": max(self.heard[name]) for name in LARGEST if name in self.heard}
