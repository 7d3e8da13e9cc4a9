"""The bootstrap of a mean of votes over raters and images at once. Pure."""

import numpy as np

from experiments.study.intervals.wilson import Interval, wilson


def clustered(
    scores: np.ndarray,
    raters: np.ndarray,
    images: np.ndarray,
    rng: np.random.Generator,
    *,
    draws: int = 10_000,
    confidence: float = 0.95,
) -> Interval:
    """Return an interval of the mean score that holds for other raters and other images.

    Raters and images are both drawn anew with replacement, and a vote counts as often as its rater times its
    image was drawn: the pigeonhole bootstrap, slightly conservative. With one rater (or image) only the other is
    drawn, and the interval holds for that one rater (or image). Where all votes agree there is nothing to draw
    from: Wilson's interval then, its count that of the rarer cluster, of the other one if there is but one.
    Source: Owen 2007, The pigeonhole bootstrap, Annals of Applied Statistics 1(2).
    """
    _, rater = np.unique(raters, return_inverse=True)
    _, image = np.unique(images, return_inverse=True)
    shape = int(rater.max()) + 1, int(image.max()) + 1
    if np.ptp(scores) == 0:
        return wilson(float(scores[0]), min(shape) if min(shape) > 1 else max(shape), confidence)
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, (rater, image), scores)
    np.add.at(counts, (rater, image), 1.0)
    of_raters, of_images = (rng.multinomial(size, np.full(size, 1 / size), size=draws) for size in shape)
    weights = np.einsum("dr,ri,di->d", of_raters, counts, of_images, optimize=True)
    totals = np.einsum("dr,ri,di->d", of_raters, sums, of_images, optimize=True)
    means = totals[weights > 0] / weights[weights > 0]
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))
