"""What every algorithm is given: contexts, the constant to start from, numbers, a budget, and whom to offer policies to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from agents.actor import Actor, Architecture
from agents.algorithms import Activation, Squash, find_algorithm
from agents.bundles.scorer import recorded_scorer
from agents.normaliser import Normaliser
from agents.policy import Policy
from agents.selection import Selection
from attiqa_core.training.loop import half_cosine
from isp_env.core import CHUNK, IspCore
from isp_env.observe import observation_names

LAST_RATE = 0.05
"""Share of the learning rate that is left at the end."""


@dataclass(frozen=True)
class Training:
    """One training of one seed.

    `base`: the constant that the policy starts from, as an action of the task; `about`: what the bundle says of the training;
    `every`: steps between two looks by the selection; `resume`: go on from the checkpoint in `run`, if there is one; `start`:
    the actor whose weights it begins with, None: one that answers with the constant.
    """

    algorithm: str
    core: IspCore
    selection: Selection
    base: Float[Tensor, " parameters"]
    normaliser: Normaliser
    numbers: dict[str, Any]
    timesteps: int
    num_envs: int
    every: int
    seed: int
    about: dict[str, Any]
    run: Path | None = None
    resume: bool = False
    start: Actor | None = None

    def own_architecture(self) -> Architecture | None:
        """Return the shape of the algorithm's actor, None of an algorithm without one."""
        row = find_algorithm(self.algorithm)
        return self.architecture(row.activation, row.squash) if "hidden" in self.numbers else None

    def first_actor(self) -> Actor:
        """Return the actor that the training begins with."""
        shape = self.own_architecture()
        assert shape is not None, f"{self.algorithm} has no actor"
        actor = Actor(shape)
        if self.start is None:
            return actor.start_at_zero()
        actor.load_state_dict(self.start.state_dict())
        return actor

    def architecture(self, activation: Activation, squash: Squash) -> Architecture:
        """Return the shape of this training's actor."""
        return architecture_of(self.core, self.numbers, activation, squash)

    def with_base(self, base: Float[Tensor, " parameters"]) -> "Training":
        """Return the training with another constant."""
        return replace(self, base=base)

    def rate(self, done: int) -> float:
        """Return the learning rate after so many of the training's steps."""
        return self.numbers["lr"] * annealed(done / self.timesteps)

    def policy(self, actor: Actor | None, timesteps: int) -> Policy:
        """Return the policy that an actor makes after so many steps."""
        return Policy(
            self.base.cpu(),
            self.numbers.get("reach", 0.0),
            actor,
            self.normaliser,
            self.core.task,
            self.core.weights,
            recorded_scorer(self.core.scorer),
            {**self.about, "timesteps": timesteps},
            self.core.isp.described,
        )


def annealed(share: float) -> float:
    """Return what is left of a learning rate after this share of a training: half a cosine from 1 to `LAST_RATE`.

    The gradient of few contexts is mostly noise: at a constant rate one look's policy is up to a sixth worse than the last.
    """
    return LAST_RATE + (1 - LAST_RATE) * half_cosine(share, 1.0)


def architecture_of(core: IspCore, numbers: Mapping[str, Any], activation: Activation, squash: Squash) -> Architecture:
    """Return the shape of an actor of a core's task with the numbers `hidden` and, if it has any, `memory`."""
    task = core.task
    return Architecture(
        core.observation_size,
        core.action_size,
        tuple(numbers["hidden"]),
        activation,
        squash,
        memory=numbers.get("memory", 0),
        pictures=(1 + task.crops) if task.pictures else 0,
        picture_px=task.pictures,
    )


def normaliser_of(core: IspCore) -> Normaliser:
    """Return the normaliser of the statistics in a core's first observations; small pictures are never all in memory."""
    names = observation_names(core.task.profile.names, core.task.goals)
    some = torch.arange(len(core), device=core.device).split(CHUNK)
    return Normaliser.of(torch.cat([core.reset(ids)[1][:, : len(names)] for ids in some]), names)
