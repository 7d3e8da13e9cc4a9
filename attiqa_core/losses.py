"""Losses: ranking images as a teacher does, and fitting mean opinion scores."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from attiqa_core.tensors import Groups, Scores


def ranking_loss(
    scores: Float[Tensor, "batch attributes"],
    labels: Float[Tensor, "batch attributes"],
    margin: float,
    groups: Groups | None = None,
) -> Float[Tensor, ""]:
    """Return the margin-ranking loss: the mean over all comparable pairs, summed over attributes.

    A pair is comparable where its labels differ (a tie says nothing), neither is NaN, and both images are of one group.
    An attribute without such a pair adds zero. Source: ATTIQA, section 3.4, equations 3 and 4.
    """
    order = torch.sign(labels[:, None] - labels[None, :])
    counts = torch.isfinite(order) & (order != 0)
    if groups is not None:
        counts = counts & (groups[:, None] == groups[None, :]).unsqueeze(-1)
    counts = counts & _above_diagonal(len(scores), scores.device)
    left, right = torch.broadcast_tensors(scores[:, None], scores[None, :])
    per_pair = F.margin_ranking_loss(left, right, order.nan_to_num(), margin=margin, reduction="none")
    pairs = counts.sum(dim=(0, 1))
    return ((per_pair * counts).sum(dim=(0, 1)) / pairs.clamp_min(1)).sum()


def _above_diagonal(batch: int, device: torch.device) -> Tensor:
    return torch.ones(batch, batch, dtype=torch.bool, device=device).triu(1).unsqueeze(-1)


def correlation_loss(predicted: Scores, target: Scores) -> Float[Tensor, ""]:
    """Return (1 - Pearson correlation) / 2 over the batch, in [0, 1]; a constant batch gives 0.5."""
    predicted, target = predicted - predicted.mean(), target - target.mean()
    norms = predicted.norm() * target.norm()
    return 0.5 * (1 - (predicted * target).sum() / norms.clamp_min(1e-8))


def mos_loss(predicted: Scores, target: Scores, kind: str, correlation_weight: float = 0.0) -> Float[Tensor, ""]:
    """Return the fit to the MOS; `kind` is "smooth-l1" (beta 0.1 of the range) or "mse"."""
    fit = F.mse_loss(predicted, target) if kind == "mse" else F.smooth_l1_loss(predicted, target, beta=0.1)
    return fit + correlation_weight * correlation_loss(predicted, target)
