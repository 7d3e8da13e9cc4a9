"""A policy's deterministic episodes on the raws of a core: the one place where a policy meets the environment's dynamics."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from agents.policy import Policy
from isp_env.core import CHUNK, Actions, IspCore, State
from isp_env.episodes.goals import Goals
from isp_env.reward import TERMS


@torch.no_grad()
def answers(policy: Policy, core: IspCore, ids: Int[Tensor, " batch"], goals: Goals | None = None) -> Actions:
    """Return the absolute actions that the policy ends at, for each raw from that raw alone; `goals` as in `IspCore.reset`.

    The scorer is asked once about each camera default, which the core keeps, and once more per further step.
    """
    return ends(policy, core, ids, goals)[1]


def ends(policy: Policy, core: IspCore, ids: Int[Tensor, " batch"], goals: Goals | None) -> tuple[State, Actions]:
    """Return the states at the start of episodes and the absolute actions at their end, differentiable in the policy but not
    through what it observes."""
    start, observations = core.reset(ids, goals)
    state, memory = start, None
    for step in range(core.task.steps):
        actions, memory = policy.respond(observations, memory)
        absolute = core.absolute(state, actions)
        if step < core.task.steps - 1:
            transition = core.step(state, actions.detach())
            state, observations = replace(transition.state, actions=absolute), transition.observations
    return start, absolute


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


def figures_of(policy: Policy, core: IspCore) -> dict[str, Any]:
    """Return what a bundle says of the answers to its training contexts: the mean action, and the gains in reward and score."""
    actions, changes = gains(core, lambda ids: answers(policy, core, ids))
    return {
        "mean_action": actions.mean(0).tolist(),
        "training_reward": float(changes.sum(1).mean()),
        "training_score_gain": float(changes[:, TERMS.index("quality")].mean()),
    }
