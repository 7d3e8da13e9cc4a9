"""Soft actor-critic over discrete choices, as DRL-ISP trains its agent, with masks in policy and target.

Source: Christodoulou 2019, Soft actor-critic for discrete action settings, equations 9 to 12 and algorithm 1: expectations
over choices in place of samples, two critics with targets, the temperature by an entropy target. Ours: choices that are not
allowed have probability 0 everywhere, and the target is a share of the entropy that the allowed ones can have at most.
"""

from copy import deepcopy
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from agents.actor import Architecture
from agents.tools.actor import ChoiceNet, Choices, Masks, Observations, Preferences, drawn, masked, randomly
from agents.tools.choice_env import ChoiceVecEnv, split
from agents.tools.learner import Returns, begin_leg, follow
from agents.tools.replay import Replay
from attiqa_core.tensor_files import part_of
from attiqa_core.training.checkpoint import flat_moments, moments_of

PerStep = Float[Tensor, " batch"]
LARGEST_NORM = 10.0
"""Of a gradient: longer ones are shortened to it."""


class Critics(nn.Module):
    """Two networks that say what each choice is worth; the smaller answer counts (Fujimoto et al. 2018)."""

    def __init__(self, architecture: Architecture):
        super().__init__()
        self.first, self.second = ChoiceNet(architecture), ChoiceNet(architecture)

    def forward(self, observations: Observations) -> tuple[Preferences, Preferences]:
        return self.first(observations), self.second(observations)

    def smaller(self, observations: Observations) -> Preferences:
        return torch.minimum(*self(observations))


def soft_value(preferences: Preferences, worth: Preferences, masks: Masks, temperature: Tensor) -> PerStep:
    """Return the expectation over the policy's allowed choices of worth less temperature times log-probability."""
    probabilities, logs = policy_of(preferences, masks)
    return (probabilities * (worth - temperature * logs)).sum(1)


def policy_of(preferences: Preferences, masks: Masks) -> tuple[Preferences, Preferences]:
    """Return probabilities and their logarithms; both 0 for what is not allowed, so that neither counts in a sum."""
    logs = masked(preferences, masks).log_softmax(1)
    return logs.exp() * masks, torch.where(masks, logs, 0.0)


def entropy_of(preferences: Preferences, masks: Masks) -> PerStep:
    """Return the entropy of each policy, in nats."""
    probabilities, logs = policy_of(preferences, masks)
    return -(probabilities * logs).sum(1)


def critic_loss(answers: tuple[Preferences, Preferences], choices: Choices, targets: PerStep) -> Tensor:
    """Return the Huber loss of both critics' answers to the choices that were made."""
    first, second = (each.gather(1, choices[:, None])[:, 0] for each in answers)
    return F.smooth_l1_loss(first, targets) + F.smooth_l1_loss(second, targets)


class DiscreteSac:
    """The learner: see `agents.tools.learner.Learner`."""

    def __init__(self, env: ChoiceVecEnv, architecture: Architecture, numbers: dict[str, Any], seed: int):
        torch.manual_seed(seed)
        self.env, self.numbers, self.seed, self.timesteps = env, numbers, seed, 0
        self.policy, self.critics = ChoiceNet(architecture), Critics(architecture)
        self.targets = deepcopy(self.critics).requires_grad_(False)
        self.log_temperature = torch.tensor(float(np.log(numbers["ent_coef"])), requires_grad=True)
        learned = (self.policy.parameters(), self.critics.parameters(), [self.log_temperature])
        self.optimisers = [torch.optim.Adam(each, lr=numbers["lr"]) for each in learned]
        width = env.seen + env.choices
        entries = {"observations": width, "following": width, "choices": 0, "rewards": 0, "ended": 0}
        self.replay = Replay(int(numbers["buffer_size"]), entries, whole=("choices",))

    def learn(self, timesteps: int) -> dict[str, float]:
        """Do the steps of a leg; figures: mean reward of finished episodes, critic loss, entropy, temperature."""
        observations, generator = begin_leg(self.env, self.seed, self.timesteps)
        returns, losses, end = Returns(self.env), [], self.timesteps + timesteps
        while self.timesteps < end:
            choices = self._explore(torch.from_numpy(observations), generator)
            following, rewards, ended, infos = self.env.step(choices)
            reached = np.asarray(following).copy()
            for index in np.flatnonzero(ended):
                reached[index] = infos[index]["terminal_observation"]
            self.replay.add(observations, reached, choices, rewards, ended)
            returns.add(rewards, ended)
            observations, self.timesteps = np.asarray(following), self.timesteps + self.env.num_envs
            if self.timesteps >= self.numbers["learning_starts"]:
                losses += [self._improve(generator) for _ in range(self.numbers["gradient_steps"])]
        figures = returns.figures()
        if losses:
            names = ("critic_loss", "entropy", "temperature")
            figures |= dict(zip(names, np.mean(losses, 0).tolist(), strict=True))
        return figures

    @torch.no_grad()
    def _explore(self, observations: Tensor, generator: torch.Generator) -> np.ndarray:
        seen, masks = split(observations, self.env.choices)
        if self.timesteps < self.numbers["learning_starts"]:
            return randomly(masks, generator).numpy()
        return drawn(self.policy(seen), masks, generator).numpy()

    def _improve(self, generator: torch.Generator) -> tuple[float, float, float]:
        """One gradient step of critics, policy and temperature; the targets follow."""
        observations, following, choices, rewards, ended = self.replay.sample(self.numbers["batch_size"], generator)
        seen, masks = split(observations, self.env.choices)
        reached, then_masks = split(following, self.env.choices)
        temperature = self.log_temperature.exp().detach()
        with torch.no_grad():
            later = soft_value(self.policy(reached), self.targets.smaller(reached), then_masks, temperature)
            targets = rewards + self.numbers["gamma"] * (1 - ended) * later
        loss = critic_loss(self.critics(seen), choices, targets)
        self._descend(1, loss, self.critics)
        with torch.no_grad():
            worth = self.critics.smaller(seen)
        preferences = self.policy(seen)
        self._descend(0, -soft_value(preferences, worth, masks, temperature).mean(), self.policy)
        entropy = entropy_of(preferences.detach(), masks)
        if self.numbers["entropy"] > 0:
            aim = self.numbers["entropy"] * masks.sum(1).float().log()
            self._descend(2, self.log_temperature * (entropy - aim).mean(), None)
        follow(self.targets, self.critics, self.numbers["tau"])
        return float(loss.detach()), float(entropy.mean()), float(temperature)

    def _descend(self, index: int, loss: Tensor, network: nn.Module | None) -> None:
        self.optimisers[index].zero_grad(set_to_none=True)
        loss.backward()
        if network is not None:
            nn.utils.clip_grad_norm_(network.parameters(), LARGEST_NORM)
        self.optimisers[index].step()

    def actor(self) -> ChoiceNet:
        """Return a copy of the policy."""
        return deepcopy(self.policy).requires_grad_(False)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return networks, moments, temperature and the filled part of the replay buffer; and the counters."""
        tensors = {f"replay/{name}": each for name, each in self.replay.tensors().items()}
        tensors["log_temperature"] = self.log_temperature.detach()
        for name in ("policy", "critics", "targets"):
            tensors |= {f"{name}/{key}": each for key, each in getattr(self, name).state_dict().items()}
        for index, optimiser in enumerate(self.optimisers):
            moments = flat_moments(optimiser.state_dict()["state"], "/")
            tensors |= {f"optimiser-{index}/{key}": each for key, each in moments.items()}
        return tensors, {"timesteps": self.timesteps, "position": self.replay.position}

    def restore(self, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        for name in ("policy", "critics", "targets"):
            getattr(self, name).load_state_dict(part_of(tensors, f"{name}/"))
        for index, optimiser in enumerate(self.optimisers):
            stored = optimiser.state_dict()
            optimiser.load_state_dict({**stored, "state": moments_of(part_of(tensors, f"optimiser-{index}/"), "/")})
        with torch.no_grad():
            self.log_temperature.copy_(tensors["log_temperature"])
        self.replay.restore(part_of(tensors, "replay/"), values["position"])
        self.timesteps = values["timesteps"]
