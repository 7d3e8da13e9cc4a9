"""Simulated people with a taste of their own, and the votes that they give. Pure.

A voter likes colour and dislikes what is too dark: utility = COLOUR * mean chroma - DARK * (how far mean luma is below
LEAST_LUMA), both weights drawn for each voter around those of all; a choice is logistic in the difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch

from attiqa_core.srgb import luma
from attiqa_core.tensors import Images
from experiments.evaluation.votes import ImageVote

COLOUR = 40.0
"""Logits for a mean chroma, as the mean distance from grey over R, G and B, that is 1 higher."""
DARK = 15.0
"""Logits for each unit of mean luma below `LEAST_LUMA`."""
LEAST_LUMA = 0.4
SPREAD = 0.4
"""Standard deviation, between voters, of the logarithm of each weight."""


@dataclass(frozen=True)
class Look:
    """What voters see of a picture: mean chroma, and by how much its mean luma is below `LEAST_LUMA`."""

    chroma: float
    darkness: float


def look_at(image: Images) -> Look:
    """Return what a voter sees of one picture, display sRGB in [0, 1]."""
    grey = luma(image)
    return Look(float((image - grey).abs().mean()), float(torch.relu(LEAST_LUMA - grey.mean())))


def cast_votes(
    scenes: Mapping[str, Sequence[str]], looks: Mapping[str, Look], *, voters: int, votes: int, seed: int
) -> list[ImageVote]:
    """Return so many votes, in turn by each voter, pairs of arms of one scene in rounds over all; nobody sees a pair twice."""
    drawn = np.random.default_rng(seed)
    weights = np.array([COLOUR, DARK]) * np.exp(SPREAD * drawn.standard_normal((voters, 2)))
    pairs = [(scene, *pair) for scene, names in scenes.items() for pair in combinations(names, 2)]
    assert votes <= voters * len(pairs), "more votes than voters and pairs"
    given: list[ImageVote] = []
    for round_ in range(-(-votes // len(pairs))):
        for index in drawn.permutation(len(pairs))[: votes - len(given)]:
            scene, one, other = pairs[index]
            voter = (int(index) + round_) % voters
            gap = _utility(looks[one], weights[voter]) - _utility(looks[other], weights[voter])
            choice = "a" if drawn.random() < 1 / (1 + np.exp(-gap)) else "b"
            given.append(ImageVote(one, other, f"voter {voter:02d}", choice, scene))
    return given


def shuffled(votes: Sequence[ImageVote], seed: int) -> list[ImageVote]:
    """Return the votes with each one's sides exchanged by the toss of a coin: nothing is left to learn from them."""
    tossed = np.random.default_rng(seed).random(len(votes)) < 0.5
    other = {"a": "b", "b": "a", "slightly-a": "slightly-b", "slightly-b": "slightly-a", "tie": "tie"}
    return [
        vote._replace(choice=other[vote.choice]) if toss else vote for vote, toss in zip(votes, tossed, strict=True)
    ]


def _utility(look: Look, weights: np.ndarray) -> float:
    return float(weights @ (look.chroma, -look.darkness))
