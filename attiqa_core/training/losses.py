"""Losses: ranking images as a teacher does, and fitting mean opinion scores."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from attiqa_core.tensors import Groups, Scores


def ranking_loss(
    scores: Float[Tensor, "batch attributes"],
    labels: Float[Tensor, "batch attributes"],
    margin: float,
    groups: Groups | None = None,
    *,
    tie_tolerance: float = 0.0,
    pairs: Int[Tensor, "pairs 2"] | None = None,
) -> Float[Tensor, ""]:
    """Return the margin-ranking loss: the mean over all comparable pairs, summed over attributes.

    A pair is comparable where its labels differ by more than `tie_tolerance` (a tie says nothing), neither is NaN, and
    both images are of one group. An attribute without such a pair adds zero. `pairs` are the indices to compare, by
    default all of the batch. Source: ATTIQA, section 3.4, equations 3 and 4.
    """
    groups = torch.zeros(len(scores), dtype=torch.int64, device=scores.device) if groups is None else groups
    if pairs is None:  # broadcast views of all by all: their gradient is a sum, which costs less than a scatter
        counts = _above_diagonal(len(scores), scores.device) & (groups[:, None] == groups[None, :]).unsqueeze(-1)
        left, right = torch.broadcast_tensors(scores[:, None], scores[None, :])
        gaps = labels[:, None] - labels[None, :]
    else:
        first, second = pairs.to(scores.device).unbind(1)
        counts = (groups[first] == groups[second]).unsqueeze(-1)
        left, right, gaps = scores[first], scores[second], labels[first] - labels[second]
    counts = counts & (gaps.abs() > tie_tolerance)  # false for NaN
    per_pair = F.margin_ranking_loss(left, right, gaps.nan_to_num().sign(), margin=margin, reduction="none")
    compared = counts.flatten(0, -2).sum(0)
    return ((per_pair * counts).flatten(0, -2).sum(0) / compared.clamp_min(1)).sum()


def _above_diagonal(batch: int, device: torch.device) -> Tensor:
    return torch.ones(batch, batch, dtype=torch.bool, device=device).triu(1).unsqueeze(-1)


def random_pairs(groups: Groups, order: Int[Tensor, " batch"]) -> Int[Tensor, "pairs 2"]:
    """Return disjoint pairs of neighbours in the random `order`, those of one group beside each other.

    Where a group is odd, one pair spans two groups and is not compared; where the batch is odd, one image is left over.
    """
    order = order[groups[order].argsort(stable=True)]
    return order[: len(order) // 2 * 2].view(-1, 2)


def probability_loss(
    scores: Float[Tensor, "batch attributes"], labels: Float[Tensor, "batch attributes"], temperature: float = 100.0
) -> Float[Tensor, ""]:
    """Return the squared error to the two-way softmax over antonyms: the mean over images, summed over attributes.

    `labels` are differences of cosines; a NaN adds nothing. Source: ATTIQA, ablation on the objective ("L2").
    """
    known = labels.isfinite()
    errors = (scores - torch.sigmoid(temperature * labels.nan_to_num())).square() * known
    return (errors.sum(0) / known.sum(0).clamp_min(1)).sum()


def correlation_loss(predicted: Scores, target: Scores) -> Float[Tensor, ""]:
    """Return (1 - Pearson correlation) / 2 over the batch, in [0, 1]; a constant batch gives 0.5."""
    predicted, target = predicted - predicted.mean(), target - target.mean()
    norms = predicted.norm() * target.norm()
    return 0.5 * (1 - (predicted * target).sum() / norms.clamp_min(1e-8))


def shortfall_loss(
    better: Float[Tensor, "*pairs"],
    worse: Float[Tensor, "*pairs"],
    margin: float | Float[Tensor, "*pairs"],
    stopped: float = 0.0,
) -> Float[Tensor, ""]:
    """Return by how much, on average, the better pictures fall short of scoring `margin` above the worse ones.

    `stopped` is the share of the better ones' gradient that is left out: a photo is not to be pushed up without end.
    """
    better = torch.lerp(better, better.detach(), stopped)
    return (margin - (better - worse)).relu().mean()


def mos_loss(predicted: Scores, target: Scores, kind: str, correlation_weight: float = 0.0) -> Float[Tensor, ""]:
    """Return the fit to the MOS; `kind` is "smooth-l1" (beta 0.1 of the range) or "mse"."""
    fit = F.mse_loss(predicted, target) if kind == "mse" else F.smooth_l1_loss(predicted, target, beta=0.1)
    return fit + correlation_weight * correlation_loss(predicted, target)
