"""Supervised learning of an actor: observation in, the example's parameters out, judged by scenes that it never saw."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from agents.actor import Actor, Architecture
from agents.batches import batch_of
from agents.imitation.recipe import ImitationRecipe
from agents.imitation.visible import Forms, alone, distance, with_the_unseen
from isp_env.core import Actions


@dataclass(frozen=True)
class Lessons:
    """Standardised observations of contexts, the actions to answer with, their weights, and what an error shows in each."""

    observations: Float[Tensor, "contexts observation"]
    actions: Actions
    weights: Float[Tensor, " contexts"]
    forms: Forms

    def error(self, answers: Actions) -> float:
        """Return the weighted mean square of Delta E that answers are off by."""
        return float((self.weights * distance(self.forms, answers - self.actions)).mean() / self.weights.mean())


@dataclass(frozen=True)
class Learned:
    """The actor whose validation error is least, after which epoch, and a row of figures per epoch."""

    actor: Actor
    epoch: int
    rows: list[dict[str, Any]]


def learn(
    training: Lessons,
    validation: Lessons | None,
    base: Float[Tensor, " controls"],
    reach: float,
    architecture: Architecture,
    recipe: ImitationRecipe,
    seed: int,
) -> Learned:
    """Return the actor after training from the constant on: the best by `validation`, the last one without it.

    An error counts by what its control alone shows in the mean picture (`visible.alone`); the judgement is by the forms
    themselves. The same seed gives the same actor on the same machine.
    """
    forms = with_the_unseen(alone(training.forms))
    torch.manual_seed(seed)
    actor = Actor(architecture).start_at_zero().to(base.device)
    optimizer = torch.optim.AdamW(actor.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay)
    size = min(recipe.batch_size, len(training.weights))
    per_epoch = -(-len(training.weights) // size)
    rows = [_row(actor, 0, training, validation, base, reach)]
    best = (rows[0].get("validation_error", torch.inf), 0, _copied(actor))
    for epoch in range(1, recipe.epochs + 1):
        for step in range((epoch - 1) * per_epoch, epoch * per_epoch):
            ids = batch_of(len(training.weights), size, seed, step).to(base.device)
            with torch.enable_grad():
                answers = base + reach * actor(training.observations[ids])[0]  # not cut: a cut one would not learn
                errors = distance(forms[ids], answers - training.actions[ids])
                optimizer.zero_grad(set_to_none=True)
                (training.weights[ids] * errors).mean().backward()
            optimizer.step()
        rows.append(_row(actor, epoch, training, validation, base, reach))
        if rows[-1].get("validation_error", -torch.inf) < best[0]:
            best = (rows[-1].get("validation_error", torch.inf), epoch, _copied(actor))
    return Learned(best[2], best[1], rows)


@torch.no_grad()
def _row(
    actor: Actor, epoch: int, training: Lessons, validation: Lessons | None, base: Tensor, reach: float
) -> dict[str, Any]:
    sides = {"training": training, **({} if validation is None else {"validation": validation})}
    errors = {
        f"{name}_error": side.error((base + reach * actor(side.observations)[0]).clamp(-1, 1))
        for name, side in sides.items()
    }
    return {"epoch": epoch, **errors}


def _copied(actor: Actor) -> Actor:
    """A copy that learns no further, on the CPU."""
    copied = Actor(actor.architecture)
    copied.load_state_dict(actor.state_dict())
    return copied.requires_grad_(False)
