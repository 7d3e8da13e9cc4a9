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
from agents.measured import Samples, expected, known, measure
from agents.policy import Policy
from agents.training import Training
from attiqa_core.runs.progress import progress
from attiqa_core.tensor_files import part_of
from attiqa_core.training.checkpoint import flat_moments, moments_of
from isp_env.core import IspCore
from isp_env.goals import Goals
from isp_env.reward import TERMS

OFTEN = 64
"""Samples of a step that asks nobody."""
WARM = 2**32 - 1
"""A number that no step of a training has: the warm-up draws goals of its own."""


def train(training: Training) -> None:
    """Offer the policy to the selection at the start, before the first picture, and after every so many samples; resumable
    bit for bit."""
    torch.manual_seed(training.seed)
    actor = training.first_actor().to(training.core.device)
    numbers, selection, core = training.numbers, training.selection, training.core
    optimizer = torch.optim.AdamW(actor.parameters(), lr=numbers["lr"], weight_decay=numbers["weight_decay"])
    step, due, samples = _restore(training, actor, optimizer)
    if step == 0:
        selection.consider(training.policy(actor, 0))
        if numbers["warm_up"] and core.task.steps == 1:
            _warm_up(training, actor, optimizer)
            selection.consider(training.policy(_frozen(actor), 0))
    figures = _Means()
    with progress(
        total=training.timesteps, label=training.algorithm, unit="sample", done=step * numbers["batch_size"]
    ) as bar:
        while (done := step * numbers["batch_size"]) < training.timesteps and not selection.finished:
            ids = batch_of(len(core), numbers["batch_size"], training.seed, step).to(core.device)
            goals = core.draw_goals(np.random.default_rng([training.seed, step]), len(ids))
            policy = training.policy(actor, done)
            if core.task.steps == 1:
                samples, changes = _improve_often(policy, optimizer, core, ids, goals, samples, training, step)
            else:
                changes = _improve(policy, optimizer, core, ids, goals)
            figures.add(changes)
            step, done = step + 1, done + len(ids)
            bar.update(len(ids))
            if done >= min(due, training.timesteps):
                due = done + training.every
                selection.consider(training.policy(_frozen(actor), done), figures.taken())
                _store(training, actor, optimizer, step, due, samples)


def _improve(policy: Policy, optimizer: torch.optim.Optimizer, core: IspCore, ids: Tensor, goals: Goals) -> Tensor:
    """Take one step up the mean value at the end of the episodes and return the change of its terms, (batch, terms).

    An episode of several steps sees pictures on its way, which its samples could not be learned from again without.
    """
    with torch.enable_grad():
        start, actions = ends(policy, core, ids, goals)
        changes = core.appraise(ids, actions, goals).terms - start.terms
        _step_up(changes.sum(1).mean(), optimizer)
    return changes.detach()


def _improve_often(
    policy: Policy,
    optimizer: torch.optim.Optimizer,
    core: IspCore,
    ids: Tensor,
    goals: Goals,
    samples: Samples,
    training: Training,
    step: int,
) -> tuple[Samples, Tensor]:
    """Measure at the policy's answers, take many steps up what is expected of all that is kept, and return that with the
    change of the terms, (batch, terms)."""
    numbers = training.numbers
    new, changes = measure(policy, core, ids, goals)
    samples = samples.followed_by(new, numbers["buffer_size"])
    with torch.enable_grad():
        for again in range(numbers["gradient_steps"]):
            places = _drawn(len(samples), (training.seed, step, again)).to(core.device)
            _step_up(expected(policy, core, samples.take(places), numbers["curvature"]).mean(), optimizer)
    return samples, changes


def _warm_up(training: Training, actor: Actor, optimizer: torch.optim.Optimizer) -> None:
    """Take steps up the terms that need no picture: what a white balance that was missed looks like is learned from those that
    were drawn, before anybody is asked."""
    core, policy = training.core, training.policy(actor, 0)
    with torch.enable_grad():
        for step in range(training.numbers["warm_up"]):
            ids = batch_of(len(core), OFTEN, training.seed, step).to(core.device)
            goals = core.draw_goals(np.random.default_rng([training.seed, WARM, step]), len(ids))
            _step_up(known(core, ids, ends(policy, core, ids, goals)[1], goals).mean(), optimizer)


def _step_up(value: Tensor, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad(set_to_none=True)
    (-value).backward()
    nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 1.0)
    optimizer.step()


def _drawn(count: int, seed: tuple[int, ...]) -> Tensor:
    """Places of samples to learn from: the last batch is no likelier than what was kept before."""
    return torch.from_numpy(np.random.default_rng(seed).choice(count, min(count, OFTEN), replace=False))


def _frozen(actor: Actor) -> Actor:
    """A copy that learns no further, on the CPU."""
    copied = Actor(actor.architecture)
    copied.load_state_dict(actor.state_dict())
    return copied.requires_grad_(False)


def _store(
    training: Training, actor: Actor, optimizer: torch.optim.Optimizer, step: int, due: int, samples: Samples
) -> None:
    if training.run is None:
        return
    tensors = {f"actor.{name}": value for name, value in actor.state_dict().items()}
    tensors |= {f"optimizer.{name}": value for name, value in flat_moments(optimizer.state_dict()["state"]).items()}
    tensors |= {f"samples.{name}": value for name, value in samples.tensors().items()}
    done = step * training.numbers["batch_size"]
    state: dict[str, Any] = {"timesteps": done, "step": step, "due": due, "selection": training.selection.state()}
    save_checkpoint(training.run, tensors | {"base": training.base}, state)


def _restore(training: Training, actor: Actor, optimizer: torch.optim.Optimizer) -> tuple[int, int, Samples]:
    """Steps done, samples at which the next look is due, and those kept; weights and moments as the checkpoint has them."""
    stored = load_checkpoint(training.run) if training.resume and training.run is not None else None
    if stored is None:
        return 0, training.every, Samples.none(training.core)
    tensors, state = stored
    actor.load_state_dict(part_of(tensors, "actor."))
    moments = moments_of(part_of(tensors, "optimizer."))
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    training.selection.restore(state["selection"])
    return state["step"], state["due"], Samples.from_tensors(part_of(tensors, "samples."), training.core.device)


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
