"""The best single setting: one action for every raw, which every policy starts from and has to beat."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from agents.algorithms import numbers_of
from agents.batches import batch_of
from agents.constant_search import search
from agents.policy import Policy
from agents.training import Training
from isp_env.core import IspCore
from isp_env.params import IspParams
from isp_env.task import Task

AVERAGED = 0.5
"""Share of the way, its end, over which the action is averaged: single steps follow their own batch."""

Action = Float[Tensor, " parameters"]


def train(training: Training) -> None:
    """Offer the identity, and the constant after every so many samples, to the selection."""
    core, numbers, selection = training.core, training.numbers, training.selection
    selection.consider(training.policy(None, 0))
    due = training.every
    for samples, action in improved(core, training.timesteps, numbers, training.seed):
        if samples >= min(due, training.timesteps):
            due = samples + training.every
            selection.consider(training.with_base(per_step(action, core.identity, core.task)).policy(None, samples))
            if selection.finished:
                break


def find_constant(
    core: IspCore, samples: int, seed: int, told: Callable[[int], object] = lambda samples: None
) -> Action:
    """Return the constant, as an action of the task, after so many samples with the preset's numbers; 0: the identity."""
    numbers = numbers_of("constant", {})
    action = core.identity
    for done, action in improved(core, samples, numbers, seed):  # noqa: B007  the last one is kept
        told(done)
    return per_step(action, core.identity, core.task)


def improved(core: IspCore, samples: int, numbers: Mapping[str, Any], seed: int) -> Iterator[tuple[int, Action]]:
    """Yield samples done and the absolute action so far: by the gradient, or by CMA-ES where the ISP has none."""
    if not samples:
        return
    if core.isp.differentiable:
        yield from climb(core, samples, numbers["lr"], numbers["batch_size"], seed)
    else:
        yield from search(core, samples, numbers["batch_size"], seed)


@torch.enable_grad()
def climb(core: IspCore, samples: int, lr: float, batch_size: int, seed: int) -> Iterator[tuple[int, Action]]:
    """Yield samples done and the absolute action so far: Adam up the mean value of batches of contexts, projected, averaged."""
    action = core.identity.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([action], lr=lr, maximize=True)
    steps = -(-samples // batch_size)
    average, weight = action.detach().clone(), 0
    for step in range(steps):
        ids = batch_of(len(core), batch_size, seed, step).to(core.device)
        value = core.appraise(ids, action.expand(len(ids), -1)).values.mean()
        (action.grad,) = torch.autograd.grad(value, action)
        optimizer.step()
        with torch.no_grad():
            action.clamp_(-1, 1)
        weight = weight + 1 if step >= (1 - AVERAGED) * steps else 1
        average = average + (action.detach() - average) / weight
        yield (step + 1) * batch_size, average.clone()


def constant_params(policy: Policy) -> IspParams:
    """Return the one row of parameters that a policy without an actor answers every raw with, at the end of its episode."""
    assert policy.actor is None, "only a constant has one answer for every raw"
    task, base = policy.task, policy.base.cpu()
    if task.formulation != "one-shot":
        base = (IspParams.identity_action(task.profile) + base * task.step_size * task.steps).clamp(-1, 1)
    return IspParams.from_action(base[None], task.profile)


def per_step(action: Action, identity: Action, task: Task) -> Action:
    """Return the action of each step that leads from the identity to an absolute one: itself where one step is all there is."""
    if task.formulation == "one-shot":
        return action
    return ((action - identity) / (task.step_size * task.steps)).clamp(-1, 1)
