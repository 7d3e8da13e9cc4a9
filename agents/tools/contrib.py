"""MaskablePPO and QR-DQN of sb3-contrib (extra `contrib`), as learners.

MaskablePPO asks the environment for its masks. QR-DQN knows none: ours reads them behind the observation, explores allowed choices
alone, and holds what is not allowed for worth nothing when it chooses and in the target's maximum.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from sb3_contrib import QRDQN, MaskablePPO
from sb3_contrib.qrdqn.policies import QRDQNPolicy, QuantileNetwork
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from agents.actor import Architecture, PictureReader
from agents.sb3.networks import LEARNED
from agents.sb3.state import model_state, restore_model
from agents.tools.actor import ChoiceNet
from agents.tools.choice_env import ChoiceVecEnv, by_chance, split
from agents.tools.learner import Returns

WORTHLESS = -1e6
"""What a choice that is not allowed is worth to QR-DQN: below any return, and finite."""


class SeenFeatures(BaseFeaturesExtractor):
    """What stands before the masks, small pictures read by convolutions."""

    def __init__(self, observation_space: spaces.Box, architecture: Architecture):
        reader = PictureReader(architecture) if architecture.pictures else nn.Identity()
        super().__init__(
            observation_space, reader.features if isinstance(reader, PictureReader) else architecture.inputs
        )
        self.reader, self.choices = reader, architecture.outputs

    def forward(self, observations: Tensor) -> Tensor:
        return self.reader(split(observations, self.choices)[0])


class _Contrib:
    """What both have in common."""

    model: BaseAlgorithm

    def __init__(self, env: ChoiceVecEnv, architecture: Architecture, numbers: dict[str, Any], seed: int):
        self.env, self.architecture, self.numbers, self.seed = env, architecture, numbers, seed
        features = {
            "features_extractor_class": SeenFeatures,
            "features_extractor_kwargs": {"architecture": architecture},
        }
        networks = {"net_arch": list(architecture.hidden), "activation_fn": nn.ReLU, **features}
        self.model = self.build(networks)

    def build(self, networks: dict[str, Any]) -> BaseAlgorithm:
        raise NotImplementedError

    @property
    def timesteps(self) -> int:
        return self.model.num_timesteps

    def learn(self, timesteps: int) -> dict[str, float]:
        """Do the steps of a leg; figures: mean reward of finished episodes."""
        self.model.set_random_seed(int(np.random.SeedSequence([self.seed, self.timesteps]).generate_state(1)[0] >> 1))
        self.model._last_obs = None  # SB3 starts the episodes anew
        heard = Heard(self.env)
        self.model.learn(timesteps, heard, log_interval=None, reset_num_timesteps=False)  # type: ignore[arg-type]
        return heard.returns.figures()

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return weights, moments, replay buffer where there is one; and the counters."""
        tensors, values = model_state(self.model)
        return tensors, {**values, "timesteps": self.timesteps}

    def restore(self, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        restore_model(self.model, tensors, values)


class Heard(BaseCallback):
    """SB3's way of hearing the returns of a leg."""

    def __init__(self, env: ChoiceVecEnv):
        super().__init__()
        self.returns = Returns(env)

    def _on_step(self) -> bool:
        self.returns.add(np.asarray(self.locals["rewards"]), np.asarray(self.locals["dones"], bool))
        return True


class MaskedPpo(_Contrib):
    """MaskablePPO, the learner. Source: Huang and Ontañón 2020, A closer look at invalid action masking."""

    def build(self, networks: dict[str, Any]) -> BaseAlgorithm:
        same = ("n_steps", "n_epochs", "clip_range", "gae_lambda", "ent_coef", "gamma", "batch_size")
        numbers = {name: self.numbers[name] for name in same}
        policy = {**networks, "share_features_extractor": False}
        shared = {"policy_kwargs": policy, "seed": self.seed, "device": "cpu"}
        return MaskablePPO("MlpPolicy", self.env, learning_rate=self.numbers["lr"], **numbers, **shared)

    def actor(self) -> ChoiceNet:
        """Return the policy, copied."""
        own: Any = self.model.policy
        actor = ChoiceNet(self.architecture)
        parts = (own.pi_features_extractor, own.mlp_extractor.policy_net, own.action_net)
        for source, target in zip(_learned(*parts), _learned(actor), strict=True):
            target.load_state_dict(source.state_dict())
        return actor.requires_grad_(False)


class MaskedQuantiles(QuantileNetwork):
    """Quantiles of each choice's return, WORTHLESS where it is not allowed."""

    def forward(self, obs: Any) -> Tensor:
        quantiles = super().forward(obs)
        masks = split(obs, int(self.action_space.n))[1]
        return quantiles.masked_fill(~masks[:, None], WORTHLESS)


class MaskedQuantilePolicy(QRDQNPolicy):
    """QR-DQN's policy with masks."""

    def make_quantile_net(self) -> QuantileNetwork:
        return MaskedQuantiles(**self._update_features_extractor(self.net_args, features_extractor=None)).to(
            self.device
        )


class MaskedExploration(QRDQN):
    """QR-DQN that tries allowed choices alone: all at random until learning starts, then a constant share of them."""

    share = 0.0

    def _sample_action(self, learning_starts: int, action_noise: Any = None, n_envs: int = 1) -> tuple:
        last: Any = self._last_obs
        masks = split(torch.from_numpy(last), int(self.action_space.n))[1].numpy()  # type: ignore[attr-defined]
        share = 1.0 if self.num_timesteps < learning_starts else self.share
        generator = np.random.default_rng(np.random.randint(2**31))  # noqa: NPY002 - SB3 seeds NumPy's own
        chance = by_chance(masks, generator)
        choices = np.where(
            generator.random(len(masks)) < share, chance, self.policy.predict(last, deterministic=True)[0]
        )
        return choices, choices


class MaskedQrDqn(_Contrib):
    """QR-DQN, the learner. Source: Dabney et al. 2017, Distributional reinforcement learning with quantile regression."""

    def build(self, networks: dict[str, Any]) -> BaseAlgorithm:
        numbers = self.numbers
        same = ("batch_size", "gamma", "learning_starts", "buffer_size", "gradient_steps", "tau")
        model = MaskedExploration(
            MaskedQuantilePolicy,
            self.env,
            learning_rate=numbers["lr"],
            **{name: numbers[name] for name in same},
            train_freq=1,
            target_update_interval=self.env.num_envs,  # after every round
            policy_kwargs={**networks, "n_quantiles": numbers["quantiles"]},
            seed=self.seed,
            device="cpu",
        )
        model.share = numbers["exploration"]
        return model

    def actor(self) -> ChoiceNet:
        """Return the network whose outputs are the means of the quantiles."""
        own: Any = self.model.policy
        sources = list(_learned(own.quantile_net))
        actor = ChoiceNet(self.architecture)
        targets = list(_learned(actor))
        for source, target in zip(sources[:-1], targets[:-1], strict=True):
            target.load_state_dict(source.state_dict())
        shape = (self.numbers["quantiles"], self.architecture.outputs)
        means = {name: each.unflatten(0, shape).mean(0) for name, each in sources[-1].state_dict().items()}
        targets[-1].load_state_dict(means)
        return actor.requires_grad_(False)


def _learned(*parts: nn.Module) -> Iterator[nn.Module]:
    return (module for part in parts for module in part.modules() if isinstance(module, LEARNED))
