"""Amortised gradient: the policy's own weights climb the value through ISP and scorer, one batch of contexts after another.

Where the ISP is ours this is the honest ceiling of reinforcement learning: the same policy and reward, and a gradient that
needs not be estimated. Where the task has goals, each batch has its own, drawn from seed and step alone.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from agents.actor import Actor
from agents.batches import batch_of
from agents.checkpoint import load_checkpoint, save_checkpoint
from agents.episodes import ends
from agents.policy import Policy
from agents.training import Training
from attiqa_core.runs.progress import progress
from attiqa_core.tensor_files import part_of
from attiqa_core.training.checkpoint import flat_moments, moments_of
from isp_env.core import IspCore
from isp_env.episodes.goals import Goals
from isp_env.reward import ACTION_TERMS, TERMS

OF_WHITE = [ACTION_TERMS.index(name) for name in ("white", "temperature", "tint")]
WARM_BATCH = 64
WARM = 2**32 - 1
"""A number that no step of a training has: the warm-up draws goals of its own."""


def train(training: Training) -> None:
    """Offer the policy to the selection at the start, before the first picture, and after every so many samples; resumable
    bit for bit."""
    torch.manual_seed(training.seed)
    actor = training.first_actor().to(training.core.device)
    numbers, selection, core = training.numbers, training.selection, training.core
    optimizer = torch.optim.AdamW(actor.parameters(), lr=numbers["lr"], weight_decay=numbers["weight_decay"])
    step, due = _restore(training, actor, optimizer)
    if step == 0:
        at_first = selection.consider(training.policy(actor, 0))
        if numbers["warm_up"] and core.knows_white and core.task.steps == 1 and training.start is None:
            _warm_up_if_it_helps(training, actor, optimizer, at_first)
    figures = _Means()
    with progress(
        total=training.timesteps, label=training.algorithm, unit="sample", done=step * numbers["batch_size"]
    ) as bar:
        while (done := step * numbers["batch_size"]) < training.timesteps and not selection.finished:
            ids = batch_of(len(core), numbers["batch_size"], training.seed, step).to(core.device)
            goals = core.draw_goals(np.random.default_rng([training.seed, step]), len(ids))
            for group in optimizer.param_groups:
                group["lr"] = training.rate(done)
            changes = _improve(training.policy(actor, done), optimizer, core, ids, goals)
            figures.add(changes)
            step, done = step + 1, done + len(ids)
            bar.update(len(ids))
            if done >= min(due, training.timesteps):
                due = done + training.every
                selection.consider(training.policy(_frozen(actor), done), figures.taken())
                _store(training, actor, optimizer, step, due)


def _warm_up_if_it_helps(
    training: Training, actor: Actor, optimizer: torch.optim.Optimizer, at_first: dict[str, Any]
) -> None:
    """Warm up, and take it back if the validation contexts like the constant better: few scenes are learned by heart, and
    what is no error is undone in others."""
    constant = _frozen(actor)
    _warm_up(training, actor, optimizer)
    warm = training.selection.consider(training.policy(_frozen(actor), 0))
    if "validation_reward" in warm and not warm["validation_reward"] >= at_first["validation_reward"]:
        actor.load_state_dict(constant.state_dict())
        optimizer.state.clear()


def _warm_up(training: Training, actor: Actor, optimizer: torch.optim.Optimizer) -> None:
    """Take steps up the terms of the white point, which need no picture: what a white balance that was missed looks like is
    learned from those that were drawn, before anybody is asked. Whatever else the constant sets stays.

    An episode of several steps would have to render pictures on its way.
    """
    core, policy = training.core, training.policy(actor, 0)
    for step in range(training.numbers["warm_up"]):
        ids = batch_of(len(core), WARM_BATCH, training.seed, step).to(core.device)
        goals = core.draw_goals(np.random.default_rng([training.seed, WARM, step]), len(ids))
        with torch.enable_grad():
            actions = ends(policy, core, ids, goals)[1]
            _step_up(core.known_terms(ids, actions, goals)[:, OF_WHITE].sum(1).mean(), optimizer)


def _improve(policy: Policy, optimizer: torch.optim.Optimizer, core: IspCore, ids: Tensor, goals: Goals) -> Tensor:
    """Take one step up the mean value at the end of the episodes and return the change of its terms, (batch, terms)."""
    with torch.enable_grad():
        start, actions = ends(policy, core, ids, goals)
        changes = core.appraise(ids, actions, goals).terms - start.terms
        _step_up(changes.sum(1).mean(), optimizer)
    return changes.detach()


def _step_up(value: Tensor, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad(set_to_none=True)
    (-value).backward()
    nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 1.0)
    optimizer.step()


def _frozen(actor: Actor) -> Actor:
    """A copy that learns no further, on the CPU."""
    copied = Actor(actor.architecture)
    copied.load_state_dict(actor.state_dict())
    return copied.requires_grad_(False)


def _store(training: Training, actor: Actor, optimizer: torch.optim.Optimizer, step: int, due: int) -> None:
    if training.run is None:
        return
    tensors = {f"actor.{name}": value for name, value in actor.state_dict().items()}
    tensors |= {f"optimizer.{name}": value for name, value in flat_moments(optimizer.state_dict()["state"]).items()}
    done = step * training.numbers["batch_size"]
    state: dict[str, Any] = {"timesteps": done, "step": step, "due": due, "selection": training.selection.state()}
    save_checkpoint(training.run, tensors | {"base": training.base}, state)


def _restore(training: Training, actor: Actor, optimizer: torch.optim.Optimizer) -> tuple[int, int]:
    """Steps done and samples at which the next look is due; weights and moments as the checkpoint has them."""
    stored = load_checkpoint(training.run) if training.resume and training.run is not None else None
    if stored is None:
        return 0, training.every
    tensors, state = stored
    actor.load_state_dict(part_of(tensors, "actor."))
    moments = moments_of(part_of(tensors, "optimizer."))
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    training.selection.restore(state["selection"])
    return state["step"], state["due"]


class _Means:
    """Means of rewards and their terms since they were last taken."""

    def __init__(self) -> None:
        self.rows: list[Tensor] = []

    def add(self, changes: Tensor) -> None:
        self.rows.append(changes)

    def taken(self) -> dict[str, float]:
        table, self.rows = torch.cat(self.rows), []
        means = dict(zip(TERMS, table.mean(0).tolist(), strict=True))
        return {"reward": float(table.sum(1).mean()), **means}
