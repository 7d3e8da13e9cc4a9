"""How a data set is divided for training, validation and testing."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
from jaxtyping import Int
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit

from attiqa_core.errors import InputError, UsageError

Indices = Int[np.ndarray, " _images"]
"""Positions of images in their data set."""

TEST_SHARE = 0.2


def _nobody() -> np.ndarray:
    return np.empty(0, np.int64)


@dataclass(frozen=True)
class Split:
    """One division of a data set; `number` seeds whatever is drawn for it. Raises: InputError if its parts overlap."""

    number: int
    train: Indices
    test: Indices
    val: Indices = field(default_factory=_nobody)

    def __post_init__(self) -> None:
        for one, other in combinations(("train", "val", "test"), 2):
            shared = np.intersect1d(getattr(self, one), getattr(self, other))
            if len(shared):
                raise InputError(
                    f"split {self.number}: {len(shared)} images are both in {one} and in {other}; keep each in one part"
                )
        if not len(self.train) or not len(self.test):
            raise InputError(
                f"split {self.number}: {len(self.train)} images to train on and {len(self.test)} to test on; "
                "both parts need some"
            )


def random_splits(
    count: int,
    splits: int,
    *,
    first: int = 0,
    test_share: float = TEST_SHARE,
    groups: Sequence[str] | None = None,
) -> list[Split]:
    """Return `splits` random divisions of `count` images; split `k` is drawn with seed `k`, however many are asked for.

    With `groups` (reference or prompt of each image) the share is one of groups, and no group is torn apart.
    """
    drawn = (_divide(np.arange(count), test_share, seed, groups) for seed in range(first, first + splits))
    return [Split(seed, train, test) for seed, (train, test) in enumerate(drawn, start=first)]


def official_splits(parts: Sequence[str], splits: int, *, first: int = 0) -> list[Split]:
    """Return the data set's own division ("train", "val", "test" of each image) once per training seed."""
    named = np.asarray(parts)
    train, val, test = (np.flatnonzero(named == part) for part in ("train", "val", "test"))
    return [Split(seed, train, test, val) for seed in range(first, first + splits)]


def with_validation(split: Split, count: int, share: float, groups: Sequence[str] | None = None) -> Split:
    """Return the split with `share` of all `count` images (or of the groups) moved from training to validation.

    A split that has a validation part already keeps it.
    """
    if len(split.val) or not share:
        return split
    of_train = share * count / len(split.train)
    if of_train >= 1:
        raise UsageError(f"--val {share:g}: is all of the training part, {len(split.train) / count:.0%} of the images")
    train, val = _divide(split.train, of_train, split.number, groups)
    return replace(split, train=train, val=val)


def with_less_training(split: Split, count: int, share: float) -> Split:
    """Return the split with only `share` of all `count` images left to train on; the tested images stay the same.

    They are drawn by the split's number, and a smaller draw is part of every larger one. 1 leaves the whole part.
    Raises: UsageError if the training part is smaller than that. Source: docs/method.md, open point 32.
    """
    if share == 1:
        return split
    wanted = round(share * count)
    if not 2 <= wanted <= len(split.train):
        raise UsageError(
            f"--train-share {share:g}: {wanted} of {count} images, but split {split.number} has {len(split.train)} to "
            "train on; 1 means all of them"
        )
    order = np.random.default_rng(split.number).permutation(split.train)
    return replace(split, train=np.sort(order[:wanted]))


def torn_groups(split: Split, groups: Sequence[str] | None) -> int:
    """Return how many groups have images both in the training and in the tested part: near-duplicates that leak."""
    if groups is None:
        return 0
    named = np.asarray(groups)
    return len(np.intersect1d(named[split.train], named[split.test]))


def _divide(images: np.ndarray, share: float, seed: int, groups: Sequence[str] | None) -> tuple[np.ndarray, np.ndarray]:
    """Return (the rest, `share` of the images or of their groups)."""
    named = None if groups is None else np.asarray(groups)[images]
    splitter = ShuffleSplit if named is None else GroupShuffleSplit
    try:
        rest, part = next(splitter(n_splits=1, test_size=share, random_state=seed).split(images, groups=named))
    except ValueError as error:
        what = f"{len(images)} images" + ("" if named is None else f" of {len(set(named))} groups")
        raise InputError(f"{what} cannot be divided: {error}".splitlines()[0] + "; rate more images") from error
    return images[rest], images[part]
