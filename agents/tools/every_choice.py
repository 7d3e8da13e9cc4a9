"""Q-learning that tries every choice: at each state met, all allowed tools are applied, and all their worths are targets.

Tools are cheap and the task repeats itself exactly, so nothing has to be learned from one drawn choice at a time: a state's targets
are its rewards under every choice plus what the pictures after them are worth. That is Q-learning (Watkins 1989) with full
information, over the states that its own choices lead to; the slow average of its network gives what later pictures are worth, and
is the actor.
"""

from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from agents.actor import Architecture
from agents.tools.actor import ChoiceNet, masked, most_preferred, randomly
from agents.tools.choice_env import ChoiceVecEnv, split
from agents.tools.learner import Returns, begin_leg, follow
from agents.tools.replay import Replay
from attiqa_core.tensor_files import part_of
from attiqa_core.training.checkpoint import flat_moments, moments_of


class EveryChoice:
    """The learner: see `agents.tools.learner.Learner`. A step is one tool applied, tried or chosen."""

    def __init__(self, env: ChoiceVecEnv, architecture: Architecture, numbers: dict[str, Any], seed: int):
        torch.manual_seed(seed)
        self.env, self.numbers, self.seed, self.timesteps = env, numbers, seed, 0
        self.network = ChoiceNet(architecture)
        last = self.network.layers[-1]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)  # at first no later picture is worth anything
        nn.init.zeros_(last.bias)
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

    @torch.no_grad()
    def _targets(self, masks: Tensor) -> Tensor:
        """What each allowed choice is worth, at least `worst`; 0 for what is not allowed, which no loss counts."""
        targets = torch.zeros(masks.shape)
        for choice in range(self.env.choices):
            rows = masks[:, choice].nonzero()[:, 0]
            if not len(rows):
                continue
            following, rewards, ended = self.env.led_to(choice)
            seen, then = split(torch.from_numpy(following), self.env.choices)
            later = masked(self.average(seen), then).amax(1) * ~torch.from_numpy(ended)
            worth = torch.from_numpy(rewards).float() + self.numbers["gamma"] * later
            targets[rows, choice] = worth[rows].clamp_min(self.numbers["worst"])
        return targets

    @torch.no_grad()
    def _explore(self, seen: Tensor, masks: Tensor, generator: torch.Generator) -> Tensor:
        """The preferred choices, a share of them drawn."""
        by_chance = torch.rand(len(seen), generator=generator) < self.numbers["exploration"]
        return torch.where(by_chance, randomly(masks, generator), most_preferred(self.average(seen), masks))

    def _improve(self, generator: torch.Generator) -> float:
        """One gradient step on states met; the average follows."""
        observations, targets = self.memory.sample(self.numbers["batch_size"], generator)
        seen, masks = split(observations, self.env.choices)
        loss = F.smooth_l1_loss(self.network(seen)[masks], targets[masks], beta=self.numbers["beta"])
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        follow(self.average, self.network, self.numbers["tau"])
        return float(loss.detach())

    def actor(self) -> ChoiceNet:
        """Return a copy of the average, whose outputs are worths; the stop's is raised by `margin`, so that a tool has to be
        worth more than that: the largest of many guesses is a guess too high."""
        actor = deepcopy(self.average)
        with torch.no_grad():
            actor.layers[-1].bias[-1] += self.numbers["margin"]  # type: ignore[index,operator]
        return actor

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
