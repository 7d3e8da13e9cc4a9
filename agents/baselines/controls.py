"""The controls of a policy: one setting for every raw, and the policy with other raws before its eyes.

What a policy gains beyond the first two is what it makes of the raw in front of it; what the third still gains is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from agents.tuner import PolicyTuner, for_task
from attiqa_core.errors import InputError
from isp_env.core import IspCore, State, Task
from isp_env.params import IspParams
from isp_env.reward import TERMS


class FixedTuner:
    """One action for every raw, found on other raws: a constant, or what leads to the mean of where a policy ended in training.

    In an iterative task it is taken at each step (`constant.per_step`).
    """

    queries, renders, looks = 0, 0, False

    def __init__(self, action: Float[Tensor, " controls"], task: Task, name: str):
        self.action, self.task, self.name = action, task, name

    def tune(self, core: IspCore) -> IspParams:
        own = for_task(core, self.task)
        action = self.action.to(own.identity).expand(len(own), -1)
        nothing = torch.zeros(len(own), dtype=torch.int64, device=own.device)
        terms, goals = (own.identity.new_zeros(len(own), size) for size in (len(TERMS), own.goal_size))
        state = State(nothing, own.identity.expand(len(own), -1), nothing, terms, goals)
        for _ in range(self.task.steps):
            state = replace(state, actions=own.absolute(state, action))  # nothing is rendered, nobody asked
        return own.params(state.actions).to("cpu")


class ShuffledTuner:
    """A policy that is shown another scene's raw in place of each: what it gains still, it owes to no raw in particular."""

    looks = True

    def __init__(self, policy: PolicyTuner, scenes: Mapping[str, str], seed: int = 0, name: str = "shuffled"):
        """`scenes` holds the scene of each raw by its name."""
        self.policy, self.scenes, self.seed, self.name = policy, scenes, seed, name
        self.queries, self.renders = policy.queries, policy.renders

    def tune(self, core: IspCore) -> IspParams:
        others = shuffled([self.scenes[name] for name in core.names], self.seed).to(core.device)
        return self.policy.tune(core).take(others.cpu())


def shuffled(scenes: Sequence[str], seed: int) -> Int[Tensor, " raws"]:
    """Return for each raw another of a different scene, drawn by the seed: a permutation unless one scene is more than half.

    Raises: InputError if there is one scene only.
    """
    if len(set(scenes)) < 2:
        raise InputError("all raws are of one scene: there is none to show in another's place")
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randperm(len(scenes), generator=generator).tolist()
    order: list[int] = sorted(drawn, key=scenes.__getitem__)  # a scene's raws beside each other, in drawn order
    largest = max(scenes.count(scene) for scene in set(scenes))
    others = torch.zeros(len(scenes), dtype=torch.int64)
    for place, index in enumerate(order):
        other = order[(place + largest) % len(order)]
        if scenes[other] == scenes[index]:
            strangers = [each for each in order if scenes[each] != scenes[index]]
            other = strangers[place % len(strangers)]
        others[index] = other
    return others
