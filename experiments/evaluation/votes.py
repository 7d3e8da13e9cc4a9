"""People's choices between two images: read from a CSV, and how often a scorer chooses the same."""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from attiqa_core.datasets.tables import read_text
from attiqa_core.errors import InputError
from attiqa_core.files.damaged import refusing
from attiqa_core.files.regular import is_file
from attiqa_core.files.tables import csv_text, plain_cell
from attiqa_core.files.whole import write_text
from experiments.study.intervals.bootstrap import clustered
from experiments.study.results.tidy import CHOICE_WORDS

SCENE = "scene"
COLUMNS = ("image_a", "image_b", "rater", "choice")
CHOICES = {word: score for score, word in CHOICE_WORDS.items()}
"""Every choice, and how far it is one for image a."""


class ImageVote(NamedTuple):
    """One rater's choice between two images: "a", "b", "tie", "slightly-a" or "slightly-b"; and their scene, where it is told."""

    image_a: str
    image_b: str
    rater: str
    choice: str
    scene: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """Which two images were compared, whichever was shown first."""
        return (self.image_a, self.image_b) if self.image_a < self.image_b else (self.image_b, self.image_a)

    @property
    def wanted(self) -> float:
        """How far the vote is one for image a: 1, 0.75, 0.5, 0.25 or 0."""
        return CHOICES[self.choice]

    @property
    def chosen(self) -> str | None:
        """The image that was preferred, strongly or slightly; None for a tie."""
        return None if self.choice == "tie" else self.image_a if self.wanted > 0.5 else self.image_b

    @property
    def cluster(self) -> str:
        """What is drawn anew for an interval: the scene, for pairs of one scene hang together; without one the pair."""
        return self.scene or " | ".join(self.pair)


def read_votes(path: Path) -> list[ImageVote]:
    """Return the votes of a CSV with the columns image_a,image_b,rater,choice and, optionally, scene; others are passed over.

    `choice` is a, b or tie, or of five steps slightly-a or slightly-b besides. Raises: InputError naming file and line for a missing column, an unknown choice, an image against itself, a rater who
    votes twice on a pair, or a file without a choice.
    """
    with refusing(path, "save it as CSV again"):
        return _votes(path, csv.DictReader(read_text(path).splitlines()))


def _votes(path: Path, reader: csv.DictReader) -> list[ImageVote]:
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise InputError(f"{path}: has no column {' and '.join(missing)}; the first line must name {','.join(COLUMNS)}")
    votes: dict[tuple, ImageVote] = {}
    for row in reader:
        vote = ImageVote(*(plain_cell((row.get(column) or "").strip()) for column in (*COLUMNS, SCENE)))
        vote = vote._replace(choice=vote.choice.lower())
        where = f"{path}, line {reader.line_num}"
        if vote.choice not in CHOICES:
            raise InputError(f"{where}: choice {vote.choice!r} is not one of {', '.join(CHOICES)}")
        if vote.image_a == vote.image_b or not vote.image_a or not vote.image_b:
            raise InputError(f"{where}: compares {vote.image_a!r} with {vote.image_b!r}; a pair needs two images")
        if (vote.rater, vote.pair) in votes:
            raise InputError(f"{where}: rater {vote.rater} has voted on this pair before; keep one vote")
        votes[vote.rater, vote.pair] = vote
    if all(vote.choice == "tie" for vote in votes.values()):
        raise InputError(f"{path}: holds no vote for one of two images")
    return list(votes.values())


def write_votes(path: Path, votes: Sequence[ImageVote]) -> None:
    """Write the votes as `read_votes` reads them, with their scenes if any has one."""
    columns = (*COLUMNS, SCENE) if any(vote.scene for vote in votes) else COLUMNS
    write_text(path, csv_text([columns, *(vote[: len(columns)] for vote in votes)]))


def vote_images(path: Path, votes: Sequence[ImageVote], folder: Path | None) -> dict[str, Path]:
    """Return name -> file of the images that were compared, from `folder` or beside the CSV. Raises: InputError."""
    root = folder or path.parent
    files = {name: root / name for name in sorted({name for vote in votes for name in vote.pair})}
    for name, file in files.items():
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise InputError(f"{path}: {name} leaves the image folder; use paths inside {root}")
        if not is_file(file):
            raise InputError(f"{path}: no image {file}; correct the name or give --votes-images FOLDER")
    return files


def agreement_with_votes(
    votes: Sequence[ImageVote], scores: Mapping[str, float], seed: int = 0
) -> dict[str, float | None]:
    """Return how often the higher score is the chosen image: per vote with an interval, and per pair's majority.

    Votes for neither are left out, and those on an image whose score is not finite; equal scores count half. The
    interval holds for other raters and other scenes: both are drawn anew (`clustered`), and where no scene is told a pair is
    one. Pairs without a majority are left
    out of `pair_accuracy`, null where none is left.
    """
    scored = [vote for vote in votes if all(math.isfinite(scores[name]) for name in vote.pair)]
    chosen = [vote for vote in scored if vote.chosen]
    counts = {
        "votes": len(chosen),
        "ties_left_out": len(scored) - len(chosen),
        "unscored_left_out": len(votes) - len(scored),
        "raters": len({vote.rater for vote in chosen}),
        "pairs": len({vote.pair for vote in chosen}),
        "scenes": len({vote.cluster for vote in chosen}),
    }
    if not chosen:
        undefined = dict.fromkeys(("accuracy", "accuracy_low", "accuracy_high", "pair_accuracy"))
        return {**undefined, **counts, "pairs_with_majority": 0}
    right = np.array([_right(vote.chosen, vote.pair, scores) for vote in chosen])
    raters, clusters = [vote.rater for vote in chosen], [vote.cluster for vote in chosen]
    low, high = clustered(right, np.array(raters), np.array(clusters), np.random.default_rng(seed))
    majority = _majorities(chosen)
    by_pair = [_right(name, pair, scores) for pair, name in majority.items()]
    return {
        "accuracy": float(right.mean()),
        "accuracy_low": low,
        "accuracy_high": high,
        "pair_accuracy": float(np.mean(by_pair)) if by_pair else None,
        **counts,
        "pairs_with_majority": len(by_pair),
    }


def agreement_by_rater(votes: Sequence[ImageVote], scores: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return for each rater how often the higher score is the image that they chose, and on how many votes; ties are left out."""
    right: dict[str, list[float]] = {}
    for vote in votes:
        if vote.chosen and all(math.isfinite(scores[name]) for name in vote.pair):
            right.setdefault(vote.rater, []).append(_right(vote.chosen, vote.pair, scores))
    return {name: {"votes": len(own), "accuracy": float(np.mean(own))} for name, own in sorted(right.items())}


def gain_on_votes(
    votes: Sequence[ImageVote], before: Mapping[str, float], after: Mapping[str, float], seed: int = 0
) -> dict[str, float | None]:
    """Return how much more often `after` scores the chosen image higher than `before` does, with a paired interval.

    The same votes are asked both times; raters and scenes are drawn anew as in `agreement_with_votes`. Null without a vote.
    """
    chosen = [vote for vote in votes if vote.chosen]
    if not chosen:
        return dict.fromkeys(("gain", "low", "high"))
    gains = np.array([_right(v.chosen, v.pair, after) - _right(v.chosen, v.pair, before) for v in chosen])
    mean = float(gains.mean())
    if np.ptp(gains) == 0:  # nothing was changed, or everything
        return {"gain": mean, "low": mean, "high": mean}
    raters, clusters = (np.array([getattr(vote, name) for vote in chosen]) for name in ("rater", "cluster"))
    low, high = clustered(gains, raters, clusters, np.random.default_rng(seed))
    return {"gain": mean, "low": low, "high": high}


def scene_groups(votes: Sequence[ImageVote]) -> dict[str, str]:
    """Return each image's group, which a split must not tear apart: images of one scene, or compared with each other."""
    groups: dict[str, str] = {}

    def root(name: str) -> str:
        while groups.setdefault(name, name) != name:
            groups[name] = name = groups[groups[name]]
        return name

    for vote in votes:
        linked = [*vote.pair, *([f"scene {vote.scene}"] if vote.scene else [])]
        first = min(map(root, linked))
        for name in linked:
            groups[root(name)] = first
    return {name: root(name) for vote in votes for name in vote.pair}


def _right(chosen: str | None, pair: tuple[str, str], scores: Mapping[str, float]) -> float:
    one, other = (scores[name] for name in pair)
    if one == other:
        return 0.5
    return float(chosen == (pair[0] if one > other else pair[1]))


def _majorities(votes: Sequence[ImageVote]) -> dict[tuple[str, str], str]:
    counts: dict[tuple[str, str], int] = {}
    for vote in votes:
        counts[vote.pair] = counts.get(vote.pair, 0) + (1 if vote.chosen == vote.pair[0] else -1)
    return {pair: pair[0] if count > 0 else pair[1] for pair, count in counts.items() if count}
