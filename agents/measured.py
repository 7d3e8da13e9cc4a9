"""Gradients that were measured, each learned from more than once: what a picture costs is the picture, not the learning.

A sample is an answer to one context and the gradient of its value there. Near by the value is taken to go on along that
gradient, less a parabola, so that nothing is believed far from where it was measured; the terms that depend on the actions
alone are not measured at all, they are known everywhere (`reward.action_terms`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float, Int
from torch import Tensor

from agents.episodes import ends
from agents.policy import Policy
from attiqa_core.tensors import PerImage
from isp_env.core import Actions, IspCore
from isp_env.goals import Goals
from isp_env.reward import ACTION_TERMS, TERMS

OF_PICTURES = tuple(place for place, name in enumerate(TERMS) if name not in ACTION_TERMS)


@dataclass(frozen=True)
class Samples:
    """Contexts, goals, the actions that were taken, and the gradient there of the sum of the terms that need a picture."""

    ids: Int[Tensor, " samples"]
    goals: Goals
    actions: Actions
    gradients: Actions

    @classmethod
    def none(cls, core: IspCore) -> "Samples":
        """Return no samples of a core."""
        actions = core.identity.new_zeros(0, core.action_size)
        ids = torch.zeros(0, dtype=torch.int64, device=core.device)
        return cls(ids, core.identity.new_zeros(0, core.goal_size), actions, actions)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, places: Int[Tensor, " some"]) -> "Samples":
        return Samples(*(getattr(self, field.name)[places] for field in fields(self)))

    def followed_by(self, others: "Samples", most: int) -> "Samples":
        """Return the others and those of these that are of other contexts, the last `most` of all: what was measured of a
        context before says little of where its answer now is."""
        old = self.take((~torch.isin(self.ids, others.ids)).nonzero()[:, 0])
        pairs = ((getattr(old, field.name), getattr(others, field.name)) for field in fields(self))
        return Samples(*(torch.cat(pair)[-most:] for pair in pairs))

    @classmethod
    def from_tensors(cls, stored: Mapping[str, Tensor], device: torch.device) -> "Samples":
        """Return the samples of a checkpoint. Raises: KeyError for one of a version that kept none."""
        return cls(*(stored[field.name].to(device) for field in fields(cls)))

    def tensors(self) -> dict[str, Tensor]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def measure(
    policy: Policy, core: IspCore, ids: Int[Tensor, " batch"], goals: Goals
) -> tuple[Samples, Float[Tensor, "batch terms"]]:
    """Return the policy's answers with the gradients there, and the change of the terms of the value."""
    with torch.no_grad():
        start, answers = ends(policy, core, ids, goals)
    actions = answers.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        terms = core.appraise(ids, actions, goals).terms
        (gradients,) = torch.autograd.grad(terms[:, OF_PICTURES].sum(), actions)
    return Samples(ids, goals, actions.detach(), gradients), terms.detach() - start.terms


def expected(policy: Policy, core: IspCore, samples: Samples, curvature: float) -> PerImage:
    """Return what the value of the policy's answers is expected to be above that of the samples' own pictures, and what the
    known terms are; differentiable in the policy."""
    _, actions = ends(policy, core, samples.ids, samples.goals)
    way = actions - samples.actions
    gained = (samples.gradients * way).sum(1) - curvature / 2 * way.square().sum(1)
    return gained + known(core, samples.ids, actions, samples.goals)


def known(core: IspCore, ids: Int[Tensor, " batch"], actions: Actions, goals: Goals) -> PerImage:
    """Return the sum of the terms that depend on actions alone."""
    return core.known_terms(ids, actions, goals).sum(1)
