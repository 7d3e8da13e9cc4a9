"""A regression on every choice: at each state met all allowed tools are tried, and what each gains beside the best is learned.

Tools are cheap, and a square with a planted defect says exactly what each of them gains: nothing has to be learned from one drawn
choice at a time. Gains in dB differ a hundredfold between defects, so that by them JPEG is not worth a look, and touching a clean
photo too lightly to be seen costs nothing; in shares of what the state's best choice gains every state counts as much. What comes
after a tool is seen when it has come: the states of later steps are met and learned as the first are, and the stop is worth 0.
Several networks learn from draws of their own, and the mean of their slow averages decides.
"""

from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from agents.actor import Architecture
from agents.tools.actor import ChoiceNet, Masks, Preferences, masked, most_preferred, randomly
from agents.tools.choice_env import ChoiceVecEnv, split
from agents.tools.learner import Returns, begin_leg, follow
from agents.tools.members import Members, merged
from agents.tools.replay import Replay
from attiqa_core.tensor_files import part_of
from attiqa_core.training.checkpoint import flat_moments, moments_of


def relative(rewards: Preferences, masks: Masks, floor: float, worst: float, cost: float) -> Preferences:
    """Return each choice's reward as a share of the best allowed one's, which counts as `floor` at least; shares are at least
    `worst`, and those of tools less `cost`. The stop, the last, is worth 0, and so is what is not allowed."""
    best = masked(rewards, masks).amax(1, keepdim=True).clamp_min(floor)
    shares = (rewards / best).clamp_min(worst)
    shares[:, :-1] -= cost
    return torch.where(masks, shares, 0.0)


class EveryChoice:
    """The learner: see `agents.tools.learner.Learner`. A step is one tool applied, tried or chosen."""

    def __init__(self, env: ChoiceVecEnv, architecture: Architecture, numbers: dict[str, Any], seed: int):
        torch.manual_seed(seed)
        self.env, self.numbers, self.seed, self.timesteps = env, numbers, seed, 0
        self.network = Members(architecture, numbers["members"])
        self.average = deepcopy(self.network).requires_grad_(False)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=numbers["lr"], weight_decay=numbers["weight_decay"]
        )
        self.memory = Replay(
            int(numbers["buffer_size"]), {"observations": env.seen + env.choices, "targets": env.choices}
        )

    def learn(self, timesteps: int) -> dict[str, float]:
        """Do the steps of a leg; figures: mean reward of finished episodes, loss."""
        observations, generator = begin_leg(self.env, self.seed, self.timesteps)
        returns, losses, end = Returns(self.env), [], self.timesteps + timesteps
        while self.timesteps < end:
            seen, masks = split(torch.from_numpy(observations), self.env.choices)
            self.memory.add(observations, self._targets(masks).numpy())
            choices = self._explore(seen, masks, generator)
            observations, rewards, ended, _ = self.env.step(choices.numpy())
            observations = np.asarray(observations)
            returns.add(rewards, ended)
            self.timesteps += int(masks.sum())  # every allowed tool was tried, and one choice made
            losses += [self._improve(generator) for _ in range(self.numbers["gradient_steps"])]
        return returns.figures() | {"loss": float(np.mean(losses))}

    def _targets(self, masks: Masks) -> Preferences:
        """What each choice is worth in the states that the environment is in."""
        paid = torch.stack([torch.from_numpy(self.env.rewards(choice)) for choice in range(self.env.choices)], 1)
        return relative(paid, masks, *(self.numbers[name] for name in ("floor", "worst", "cost")))

    @torch.no_grad()
    def _explore(self, seen: Tensor, masks: Masks, generator: torch.Generator) -> Tensor:
        """The preferred choices, a share of them drawn."""
        by_chance = torch.rand(len(seen), generator=generator) < self.numbers["exploration"]
        return torch.where(by_chance, randomly(masks, generator), most_preferred(self.average(seen).mean(0), masks))

    def _improve(self, generator: torch.Generator) -> float:
        """One gradient step of every member on states of its own drawing; the averages follow."""
        losses = []
        for member in self.network.nets:
            observations, targets = self.memory.sample(self.numbers["batch_size"], generator)
            seen, masks = split(observations, self.env.choices)
            losses.append(F.mse_loss(member(seen)[masks], targets[masks]))
        self.optimiser.zero_grad(set_to_none=True)
        loss = torch.stack(losses).sum()
        loss.backward()
        self.optimiser.step()
        follow(self.average, self.network, self.numbers["tau"])
        return float(loss.detach()) / len(losses)

    def actor(self) -> ChoiceNet:
        """Return one network with the averages' answers beside each other."""
        return merged(self.average)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return networks, moments and the filled part of the memory; and the counters."""
        tensors = {f"memory/{name}": each for name, each in self.memory.tensors().items()}
        for name in ("network", "average"):
            tensors |= {f"{name}/{key}": each for key, each in getattr(self, name).state_dict().items()}
        moments = flat_moments(self.optimiser.state_dict()["state"], "/")
        tensors |= {f"optimiser/{key}": each for key, each in moments.items()}
        return tensors, {"timesteps": self.timesteps, "position": self.memory.position}

    def restore(self, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        for name in ("network", "average"):
            getattr(self, name).load_state_dict(part_of(tensors, f"{name}/"))
        stored = self.optimiser.state_dict()
        moments = moments_of(part_of(tensors, "optimiser/"), "/")
        self.optimiser.load_state_dict({**stored, "state": moments})
        self.memory.restore(part_of(tensors, "memory/"), values["position"])
        self.timesteps = values["timesteps"]
