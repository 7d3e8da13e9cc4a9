"""Many Spearman correlations at once: every antonym pair against one target, exact with ties.

The score of a pair is `positive - negative` in float32, as labels are. Each score is sorted together with the rank of
its target, in one 64-bit integer: the score's order in the upper half, the target's rank in the lower. The ranks of
the scores are then positions, and the correlation is a dot product.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.stats import rankdata

BLOCK_SCORES = 131_072  # sorted at a time: 1 MiB as 64-bit integers, which stays in the second-level cache


def pair_sroccs(positive: ArrayLike, negative: ArrayLike, target: ArrayLike, threads: int | None = None) -> np.ndarray:
    """Return the SROCC of every pair's scores with the target: (groups, positives, negatives), float64.

    `positive` (groups, positives, images) and `negative` (groups, negatives, images) are likenesses to each prompt;
    `target` (images,) is shared by all groups. Each is what `scipy.stats.spearmanr(positive - negative, target)` gives
    in float32; NaN where it is undefined: constant scores, a constant target, or anything that is not finite.
    `threads` is torch's number by default.
    """
    positive = np.asarray(positive, np.float32) + np.float32(0)  # turns -0 into 0: no difference is -0 then
    negative, target = np.asarray(negative, np.float32), np.asarray(target, np.float64)
    groups, positives, images = positive.shape
    result = np.full((groups, positives, negative.shape[1]), np.nan)
    if images < 2 or not np.isfinite(target).all():
        return result
    target_ranks = (2 * rankdata(target) - (images + 1)).astype(np.int32)  # doubled and centred: whole numbers
    blocks = _blocks(groups, negative.shape[1], images)

    def correlate(index: int) -> None:
        for some, words in blocks:
            scores = positive[some, index, None] - negative[some, words]
            result[some, index, words] = _row_sroccs(scores.reshape(-1, images), target_ranks).reshape(scores.shape[:2])

    with ThreadPoolExecutor(threads or torch.get_num_threads()) as pool:
        list(pool.map(correlate, range(positives)))
    finite = np.isfinite(positive).all(2)[:, :, None] & np.isfinite(negative).all(2)[:, None, :]  # pyright: ignore
    return np.where(finite, result, np.nan)


def _blocks(groups: int, negatives: int, images: int) -> list[tuple[slice, slice]]:
    """Slices of groups and of negatives that hold about BLOCK_SCORES scores each: whole groups where they fit."""
    some = max(1, BLOCK_SCORES // (negatives * images))
    words = min(negatives, max(1, BLOCK_SCORES // images))
    return [
        (slice(group, group + some), slice(word, word + words))
        for group in range(0, groups, some)
        for word in range(0, negatives, words)
    ]


def _row_sroccs(scores: np.ndarray, target_ranks: np.ndarray) -> np.ndarray:
    """The SROCC of each row of scores with doubled, centred ranks; NaN for constant scores."""
    rows, images = scores.shape
    bits = scores.view(np.int32)
    packed = np.empty((rows, images, 2), "<i4")
    packed[..., 0] = target_ranks
    np.bitwise_xor(bits, (bits >> 31) & 0x7FFFFFFF, out=packed[..., 1])  # whole numbers in the order of the floats
    packed.view("<i8")[..., 0].sort(axis=1)
    ranks, order = packed[..., 0].astype(np.float64), packed[..., 1]
    positions = np.arange(1.0 - images, images, 2)  # ranks of the sorted scores if none tie, doubled and centred
    products = np.einsum("ij,j->i", ranks, positions)  # not @: BLAS's own threads would fight ours
    squares = np.full(rows, np.square(positions).sum())
    ties = np.zeros((rows, images), bool)
    np.equal(order[:, 1:], order[:, :-1], out=ties[:, 1:])
    if (followers := np.flatnonzero(ties)).size:
        more_product, fewer_squares = _tie_corrections(followers, ranks, positions)
        products += more_product
        squares -= fewer_squares
    with np.errstate(invalid="ignore"):
        return products / np.sqrt(squares * np.square(target_ranks, dtype=np.float64).sum())


def _tie_corrections(followers: np.ndarray, ranks: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What averaging the positions of equal scores adds to each row's product and takes from its sum of squares.

    `followers` are the flat indices of sorted scores that equal the one before them.
    """
    rows, images = ranks.shape
    begins = np.flatnonzero(np.diff(followers, prepend=-2) != 1)  # where a run of equal scores starts in `followers`
    lengths = np.diff(begins, append=len(followers)) + 1
    first = followers[begins] - 1
    members = np.repeat(first - np.concatenate([[0], lengths.cumsum()[:-1]]), lengths) + np.arange(lengths.sum())
    middle = np.repeat(positions[first % images] + (lengths - 1), lengths)
    row_of = members // images
    moved = (middle - positions[members % images]) * ranks.ravel()[members]
    squares = (lengths.astype(np.float64) ** 3 - lengths) / 3  # (t^3 - t) / 12 on ranks, which are doubled here
    return np.bincount(row_of, moved, rows), np.bincount(first // images, squares, rows)
