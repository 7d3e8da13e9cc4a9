"""The search for antonym prompts: every pair of candidate adjectives scored by both proxy tasks, and what wins.

A pair's score of an image is the difference of two cosines in fp32. The paper's two-way softmax is the sigmoid of that
at some temperature: the order is the same whatever the temperature is, and so is the search.

Source: ATTIQA (arXiv 2406.01020v2), section 3.3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from attiqa_core.attributes import ATTRIBUTES, TABLE_1_PROMPTS
from attiqa_core.network.clip_weights import load_tokenizer
from attiqa_core.prompts.adjectives import Adjectives, prompt
from attiqa_core.prompts.proxy_tasks import Levels
from attiqa_core.prompts.rank_correlation import pair_sroccs
from attiqa_core.tensors import AttributeScores, Embeddings

PairScores = Float[np.ndarray, "positives negatives"]
"""A number for each pair of adjectives; NaN where it is undefined."""

TEXTS_AT_A_TIME = 100


@dataclass(frozen=True)
class Candidates:
    """The adjectives of one attribute with the unit embeddings of their prompts."""

    adjectives: Adjectives
    positive: Float[Tensor, "positive features"]
    negative: Float[Tensor, "negative features"]

    def likeness(self, images: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Cosines of images (groups, images, features) with the prompts of both sides, (groups, prompts, images)."""
        images = functional.normalize(images.float(), dim=-1).transpose(1, 2)
        return (self.positive @ images).numpy(), (self.negative @ images).numpy()


@torch.no_grad()
def embed_candidates(teacher: Any, adjectives: Mapping[str, Adjectives]) -> dict[str, Candidates]:
    """Return the candidates of each attribute, every word embedded once by the `ClipTeacher`'s text tower."""
    words = sorted({word for each in adjectives.values() for word in each.positive + each.negative})
    tokenizer = load_tokenizer(teacher.model)
    texts = tokenizer([prompt(word) for word in words]).to(teacher.device)
    embedded = torch.cat([teacher.network.encode_text(some).float().cpu() for some in texts.split(TEXTS_AT_A_TIME)])
    rows = dict(zip(words, functional.normalize(embedded, dim=1), strict=True))

    def stacked(side: Sequence[str]) -> Tensor:
        return torch.stack([rows[word] for word in side])

    return {name: Candidates(each, stacked(each.positive), stacked(each.negative)) for name, each in adjectives.items()}


def distortion_sroccs(
    embeddings: Tensor, levels: Levels, candidates: Mapping[str, Candidates], threads: int | None = None
) -> dict[str, PairScores]:
    """Return task 1: each pair's SROCC with the levels within a photo, averaged over the photos where it is defined.

    `embeddings` (photos, versions, features) holds the versions of all attributes one after the other; a photo whose
    rows are NaN takes no part.
    """
    sroccs, first = {}, 0
    for attribute in ATTRIBUTES:
        ascending = levels[attribute]
        versions = embeddings[:, first : first + len(ascending)]
        first += len(ascending)
        usable = versions[versions.isfinite().all(2).all(1)]
        of_photos = pair_sroccs(*candidates[attribute].likeness(usable), ascending, threads)
        defined = np.isfinite(of_photos)
        with np.errstate(invalid="ignore"):
            sroccs[attribute] = np.where(defined, of_photos, 0).sum(0) / defined.sum(0)
    return sroccs


def rating_sroccs(
    embeddings: Embeddings, ratings: AttributeScores, candidates: Mapping[str, Candidates], threads: int | None = None
) -> dict[str, PairScores]:
    """Return task 2: each pair's SROCC with people's ratings; an attribute with a NaN rating is undefined."""
    return {
        attribute: pair_sroccs(*candidates[attribute].likeness(embeddings[None]), ratings[:, column], threads)[0]
        for column, attribute in enumerate(ATTRIBUTES)
    }


@dataclass(frozen=True)
class Ranking:
    """The pairs of one attribute from best to worst; pairs of undefined score are left out."""

    adjectives: Adjectives
    scores: PairScores

    def __post_init__(self) -> None:
        assert self.scores.shape == (len(self.adjectives.positive), len(self.adjectives.negative))

    @property
    def order(self) -> np.ndarray:
        """Flat indices of the pairs from best to worst; the first in the lists goes first among equals."""
        flat = self.scores.ravel()
        return np.argsort(-flat, kind="stable")[: np.isfinite(flat).sum()]

    def at(self, position: float) -> tuple[int, int]:
        """The pair (positive, negative) at a position of the order: 0 is the best, 0.5 the median, 1 the worst."""
        order = self.order
        positive, negative = np.unravel_index(order[int(position * (len(order) - 1))], self.scores.shape)
        return int(positive), int(negative)

    def of_table_1(self, attribute: str) -> tuple[int, int] | None:
        """The pair of the paper's Table 1; None where its words are not among the adjectives."""
        words = [prompt(word).casefold() for word in self.adjectives.positive]
        others = [prompt(word).casefold() for word in self.adjectives.negative]
        pair = [text.casefold() for text in TABLE_1_PROMPTS[attribute]]
        if pair[0] not in words or pair[1] not in others:
            return None
        return words.index(pair[0]), others.index(pair[1])

    def words(self, pair: tuple[int, int]) -> tuple[str, str]:
        """The two adjectives of a pair."""
        return self.adjectives.positive[pair[0]], self.adjectives.negative[pair[1]]

    def described(self, pair: tuple[int, int]) -> dict[str, Any]:
        """A pair's prompts, score and rank among the pairs whose score is defined, ready for JSON."""
        score = float(self.scores[pair])
        defined = bool(np.isfinite(score))
        return {
            "prompts": [prompt(word) for word in self.words(pair)],
            "score": score if defined else None,
            "rank": int((self.scores > score).sum()) + 1 if defined else None,
            "of": len(self.order),
        }


def joint_scores(tasks: Mapping[str, Mapping[str, PairScores]]) -> dict[str, PairScores]:
    """Return the sum of the tasks' SROCCs for each attribute, which is undefined where one of them is."""
    return {attribute: np.sum([task[attribute] for task in tasks.values()], axis=0) for attribute in ATTRIBUTES}
