"""A policy's deterministic episodes on the raws of a core: the one place where a policy meets the environment's dynamics."""

from collections.abc import Callable

import torch
from jaxtyping import Int
from torch import Tensor

from agents.policy import Policy
from isp_env.core import CHUNK, Actions, IspCore
from isp_env.goals import Goals


@torch.no_grad()
def answers(policy: Policy, core: IspCore, ids: Int[Tensor, " batch"], goals: Goals | None = None) -> Actions:
    """Return the absolute actions that the policy ends at, for each raw from that raw alone; `goals` as in `IspCore.reset`.

    The scorer is asked once about each camera default, which the core keeps, and once more per further step.
    """
    state, observations = core.reset(ids, goals)
    memory = None
    for step in range(core.task.steps):
        actions, memory = policy.respond(observations, memory)
        if step < core.task.steps - 1:
            transition = core.step(state, actions)
            state, observations = transition.state, transition.observations
    return core.absolute(state, actions)


@torch.no_grad()
def gains(core: IspCore, choose: Callable[[Int[Tensor, " batch"]], Actions]) -> tuple[Actions, Tensor]:
    """Return the absolute actions chosen for every raw and the change of each of the value's terms, (raws, terms)."""
    actions, changes = [], []
    for ids in torch.arange(len(core), device=core.device).split(CHUNK):
        chosen = choose(ids)
        state, _ = core.reset(ids)
        actions.append(chosen)
        changes.append(core.appraise(ids, chosen).terms - state.terms)
    return torch.cat(actions), torch.cat(changes)
