"""A scorer before votes that it is to learn from: what it scores their images, how they are divided, and what it gained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from attiqa_core.datasets.rated import RatedImages
from attiqa_core.errors import InputError
from attiqa_core.evaluation.metrics import agreement
from attiqa_core.evaluation.splits import random_splits
from attiqa_core.judges.score_files import UnreadableFile, score_files
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.runs.metrics import finite
from attiqa_core.runs.progress import progress
from attiqa_core.scorer import Scorer
from attiqa_core.training.preferences import Preferences
from experiments.evaluation.sets import VotedPairs, voted_pairs
from experiments.evaluation.votes import (
    ImageVote,
    agreement_by_rater,
    agreement_with_votes,
    gain_on_votes,
    scene_groups,
)
from experiments.options.outcome import count


@dataclass(frozen=True)
class Voted:
    """Votes, those of them that are learned from and those held out, and the scorer as it was, with its scores of every image."""

    pairs: VotedPairs
    start: Scorer
    before: Mapping[str, float]
    trained: Sequence[ImageVote]
    held_out: Sequence[ImageVote]

    @property
    def rated(self) -> RatedImages:
        """The images that are learned from with the scores that they had before: what the scorer is not to leave."""
        names = _images_of(self.trained)
        mos = np.array([self.start.mos_range.restore(self.before[name]) for name in names], np.float32)
        paths = tuple(self._path(name) for name in names)
        return RatedImages(paths, mos, self.start.mos_range, self.pairs.name)

    def preferences(self, cache_bytes: int) -> tuple[Preferences, list[str]]:
        """Return the votes that are learned from, and the scene of each."""
        names = _images_of(self.trained)
        number = {name: index for index, name in enumerate(names)}
        groups = scene_groups(self.trained)
        pictures = PictureCache([self._path(name) for name in names], self.start.preprocessing.resize, cache_bytes)
        pairs = torch.tensor([[number[vote.image_a], number[vote.image_b]] for vote in self.trained])
        wanted = torch.tensor([vote.wanted for vote in self.trained])
        return Preferences(pictures, pairs, wanted), [groups[vote.image_a] for vote in self.trained]

    def described(self) -> str:
        """Return in words which votes were learned from, for the scorer's card."""
        scenes = len(set(scene_groups(self.trained).values()))
        raters, pairs = len({vote.rater for vote in self.trained}), len({vote.pair for vote in self.trained})
        where = self.pairs.name.removeprefix("votes:")
        return f"{count(len(self.trained), 'vote')} of {where} by {count(raters, 'rater')} on {count(pairs, 'pair')} of {count(scenes, 'scene')}"

    def examined(self, scorer: Scorer) -> dict[str, Any]:
        """Return how often the scorer foretells the votes held out, before and after, the gain with its interval, and by rater."""
        after = scores_of(scorer, self.pairs, _images_of(self.held_out))
        before = {name: self.before[name] for name in after}
        by_rater = [agreement_by_rater(self.held_out, scores) for scores in (before, after)]
        return {
            "before": agreement_with_votes(self.held_out, before),
            "after": agreement_with_votes(self.held_out, after),
            "gain": gain_on_votes(self.held_out, before, after),
            "srocc_with_before": finite(agreement(list(after.values()), list(before.values())))["srocc"],
            "by_rater": {
                name: {"votes": own["votes"], "before": own["accuracy"], "after": by_rater[1][name]["accuracy"]}
                for name, own in by_rater[0].items()
            },
        }

    def _path(self, name: str) -> Path:
        return self.pairs.material.paths[self.pairs.images.index(name)]


def open_voted(votes: Path, images: Path | None, start: Scorer, hold_out: float, seed: int) -> Voted:
    """Return the votes of a CSV, divided by scene: `hold_out` of the scenes is not learned from.

    Images of one scene, or compared with each other, stay together. Raises: InputError as `voted_pairs`, for an image that
    cannot be read, and where all votes hang together and some are to be held out.
    """
    pairs = voted_pairs(votes, images, start.preprocessing.resize)
    groups = scene_groups(pairs.votes)
    kept, held = list(pairs.votes), []
    if hold_out:
        if len(set(groups.values())) < 2:
            raise InputError(f"{votes}: all votes are on one scene, so that none can be held out; leave out --hold-out")
        names = [groups[name] for name in pairs.images]
        split = random_splits(len(names), 1, first=seed, test_share=hold_out, groups=names)[0]
        tested = {pairs.images[index] for index in split.test}
        kept = [vote for vote in pairs.votes if vote.image_a not in tested]
        held = [vote for vote in pairs.votes if vote.image_a in tested]
    return Voted(pairs, start, scores_of(start, pairs, pairs.images), kept, held)


def scores_of(scorer: Scorer, pairs: VotedPairs, names: Sequence[str]) -> dict[str, float]:
    """Return name -> score, about [0, 1], of these images. Raises: InputError for one that cannot be read."""
    paths = [pairs.material.paths[pairs.images.index(name)] for name in names]
    results = progress(score_files(scorer, paths), total=len(paths), label="score", unit="image")
    scores = {}
    for name, each in zip(names, results, strict=True):
        if isinstance(each, UnreadableFile):
            raise InputError(each.reason)
        scores[name] = each.score
    return scores


def sentence(examined: Mapping[str, Any]) -> str:
    """Return in words what was gained on votes held out."""
    before, after, gain = (examined[name] for name in ("before", "after", "gain"))
    if after["accuracy"] is None:
        return "no vote for one of two images was held out"
    return (
        f"votes on {count(after['scenes'], 'unseen scene')}: {before['accuracy']:.3f} before, {after['accuracy']:.3f} after "
        f"({after['accuracy_low']:.3f} to {after['accuracy_high']:.3f}), gain {gain['gain']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f})"
    )


def _images_of(votes: Sequence[ImageVote]) -> list[str]:
    return sorted({name for vote in votes for name in vote.pair})
