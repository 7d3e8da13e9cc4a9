"""Damped least squares within bounds, for every raw by itself, or with some parameters that all raws share.

Source: Levenberg 1944; Marquardt 1963; shared parameters by the Schur complement, as in bundle adjustment (Triggs et al. 2000).
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Bool
from torch import Tensor

from attiqa_core.tensors import PerImage
from isp_env.fitting.problem import Slopes
from isp_env.fitting.search_space import Points

FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-2, 1e-6, 1e4
LESS, MORE = 0.3, 5.0  # what damping is multiplied by after a step that helped, and one that did not
ENOUGH = 1e-4  # of the distance: a step that gains less counts as none
LAST = 2  # steps of no gain, one after the other, and a raw is done
FLAT = 1e-6  # added to the diagonal: a parameter that does nothing stays where it is


class LeastSquares(Protocol):
    """What is descended: a `problem.Problem`, or any other that says so much of itself."""

    @property
    def bounds(self) -> tuple[Tensor, Tensor]:
        """The lowest and the highest point."""
        ...

    def distances(self, points: Points) -> PerImage:
        """Return how far each row is from what is wanted."""
        ...

    def slopes(self, points: Points) -> Slopes:
        """Return the quadratic model about points."""
        ...


@dataclass(frozen=True)
class Found:
    """Where each raw's descent ended, and the distance left there."""

    points: Points
    distances: PerImage


def descend(
    problem: LeastSquares, start: Points, iterations: int, shared: Bool[Tensor, " controls"] | None = None
) -> Found:
    """Return the best points on the way down; where `shared` is true all raws keep one value, that of the first row at start.

    Each raw stops moving when nothing helps it any more; with shared parameters they stop together.
    """
    low, high = (bound.to(start) for bound in problem.bounds)
    shared = None if shared is None or not shared.any() else shared
    together = shared is not None
    points = start.clamp(low, high)
    if shared is not None:
        points = torch.where(shared, points[:1], points)
    damping = torch.full_like(points[:, 0], FIRST_DAMPING)
    at = problem.slopes(points)
    small_gains = torch.zeros_like(damping)
    for _ in range(iterations):
        held = _held(points, at.gradient, low, high, shared)
        model = _without(at, held)
        step = _separate(model, damping) if shared is None else _together(model, damping, shared)
        tried = (points + step).clamp(low, high)
        found = problem.distances(tried)
        better = _better(found, at.distance, together)
        gain = torch.where(better, at.distance - found, 0.0)
        points = torch.where(better[:, None], tried, points)
        damping = torch.where(better, damping * LESS, damping * MORE).clamp(LEAST_DAMPING, MOST_DAMPING)
        small = better & _is_small(gain, at.distance, together)
        small_gains = torch.where(small, small_gains + 1, torch.where(better, 0.0, small_gains))
        if bool(((small_gains >= LAST) | (damping >= MOST_DAMPING)).all()):
            break
        if bool(better.any()):
            at = problem.slopes(points)
    return Found(points, at.distance)


def _held(
    points: Points, gradient: Points, low: Tensor, high: Tensor, shared: Tensor | None
) -> Bool[Tensor, "batch controls"]:
    """What stands at a bound and would go beyond: it is no part of this step."""
    if shared is not None:
        gradient = torch.where(shared, gradient.sum(0, keepdim=True), gradient)
    return ((points <= low) & (gradient > 0)) | ((points >= high) & (gradient < 0))


def _without(at: Slopes, held: Bool[Tensor, "batch controls"]) -> Slopes:
    free = (~held).to(at.gradient)
    return Slopes(at.distance, at.gradient * free, at.curvature * free[:, :, None] * free[:, None])


def _damped(at: Slopes, damping: PerImage) -> Tensor:
    diagonal = at.curvature.diagonal(dim1=1, dim2=2)
    return at.curvature + torch.diag_embed(damping[:, None] * diagonal + FLAT)


def _separate(at: Slopes, damping: PerImage) -> Points:
    return -torch.linalg.solve(_damped(at, damping), at.gradient)


def _together(at: Slopes, damping: PerImage, shared: Bool[Tensor, " controls"]) -> Points:
    """One step of the shared parameters, and each raw's own, which answer to it."""
    matrix, own = _damped(at, damping), ~shared
    step = torch.empty_like(at.gradient)
    inner, cross = matrix[:, own][:, :, own], matrix[:, own][:, :, shared]
    solved = torch.linalg.solve(inner, torch.cat([cross, at.gradient[:, own, None]], 2))
    answer, alone = solved[:, :, :-1], solved[:, :, -1]
    outer = (matrix[:, shared][:, :, shared] - cross.mT @ answer).sum(0)
    right = (at.gradient[:, shared] - (cross.mT @ alone[:, :, None])[:, :, 0]).sum(0)
    common = -torch.linalg.solve(outer, right)
    step[:, shared] = common
    step[:, own] = -alone - answer @ common
    return step


def _better(found: PerImage, before: PerImage, together: bool) -> Bool[Tensor, " batch"]:
    if together:
        return (found.sum() < before.sum()).expand(len(found))
    return found < before


def _is_small(gain: PerImage, before: PerImage, together: bool) -> Bool[Tensor, " batch"]:
    if together:
        return (gain.sum() < ENOUGH * before.sum()).expand(len(gain))
    return gain < ENOUGH * before
