"""What the votes so far say of the arms' strengths, and how much one more vote would tell. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from experiments.study.design.ledger import Ledger

PRIOR_SD = 2.0
"""Of an arm's strength before any vote, in logits: two arms are then drawn apart by 2.8, a win in 94 of 100 votes."""

NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(31)
NODE_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
"""Gauss-Hermite quadrature over a standard normal."""


@dataclass(frozen=True)
class Posterior:
    """Normal approximation of the arms' strengths in logits: `mean` (arms,), `precision` (arms, arms)."""

    mean: np.ndarray
    precision: np.ndarray


def wins_of(ledger: Ledger, arms: Sequence[str]) -> np.ndarray:
    """Return, over all scenes, the sum of the row arm's scores over the column arm's in the votes given: (arms, arms)."""
    place, wins = {name: index for index, name in enumerate(arms)}, np.zeros((len(arms),) * 2)
    for each, tally in ledger.tallies.items():
        if each.first in place and each.second in place:
            wins[place[each.first], place[each.second]] += tally.score
            wins[place[each.second], place[each.first]] += sum(tally.given) - tally.score
    return wins


def posterior(wins: np.ndarray, prior_sd: float = PRIOR_SD) -> Posterior:
    """Return Laplace's approximation of the Bradley-Terry posterior.

    `wins` (arms, arms): sum of the scores of the row's arm over the column's; a tie is half a win for both. Strengths are
    normal around 0 with `prior_sd` before the votes. Source: Bradley and Terry 1952; MacKay 2003, chapter 27.
    """
    count = len(wins)

    def loss(strength: np.ndarray) -> tuple[float, np.ndarray]:
        difference = strength[:, None] - strength[None, :]
        value = (wins * np.logaddexp(0, -difference)).sum() + (strength**2).sum() / (2 * prior_sd**2)
        pull = wins * expit(-difference)
        return value, pull.sum(0) - pull.sum(1) + strength / prior_sd**2

    def curvature(strength: np.ndarray) -> np.ndarray:
        win = expit(strength[:, None] - strength[None, :])
        return np.eye(count) / prior_sd**2 + _laplacian((wins + wins.T) * win * (1 - win))

    found = minimize(loss, np.zeros(count), jac=True, hess=curvature, method="trust-exact")
    return Posterior(found.x, curvature(found.x))


def expecting(known: Posterior, votes: np.ndarray) -> Posterior:
    """Return what would be known after more `votes` (arms, arms, symmetric), whatever they say: the expected information."""
    return Posterior(known.mean, known.precision + _laplacian(votes * vote_information(known)))


def vote_information(known: Posterior) -> np.ndarray:
    """Return the Fisher information of one vote on each two arms, expected over what is known of them: (arms, arms)."""
    difference = known.mean[:, None] - known.mean[None, :]
    win = expit(difference[..., None] + np.sqrt(_variances(known))[..., None] * NODES)
    return (win * (1 - win)) @ NODE_WEIGHTS


def gains(known: Posterior) -> np.ndarray:
    """Return how much one vote on each two arms is expected to tell of the scale: (arms, arms), symmetric, 0 on the diagonal.

    That is how far the sum of the variances of the centred strengths falls, in logits squared: what one vote of information w
    takes off a covariance C is w C d d' C / (1 + w d' C d), with d the difference of the two arms. Source: Bayesian
    A-optimality, Chaloner and Verdinelli 1995, Statistical Science 10(3), section 2.2.
    """
    covariance = np.linalg.inv(known.precision)
    centred = covariance - covariance.mean(0)
    moved = ((centred[:, :, None] - centred[:, None, :]) ** 2).sum(0)
    information = vote_information(known)
    return information * moved / (1 + information * _variances(known))


def _variances(known: Posterior) -> np.ndarray:
    """Of the difference of each two arms."""
    covariance = np.linalg.inv(known.precision)
    return np.maximum(np.diag(covariance)[:, None] + np.diag(covariance)[None, :] - 2 * covariance, 0)


def _laplacian(weights: np.ndarray) -> np.ndarray:
    """The information on strengths of which differences are measured with `weights` (symmetric)."""
    between = weights - np.diag(np.diag(weights))
    return np.diag(between.sum(1)) - between
