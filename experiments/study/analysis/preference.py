"""One arm against another: counts, the win rate with its intervals, and what may be said of it. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from experiments.study.analysis.counted import Scored
from experiments.study.analysis.heterogeneity import heterogeneity
from experiments.study.intervals.wilson import Interval
from experiments.study.intervals.win_rate import BOOTSTRAP, SANDWICH, measured
from experiments.study.vote import Vote

PREFERRED, NOT_SHOWN = "preferred", "not shown"


class Verdict(NamedTuple):
    """`word`: "preferred", "not shown", or the name of an interval that holds for no others ("these raters only").

    `side` is the place of the arm whose interval lies above one half, 0 for the first and 1 for the second, else None.
    """

    word: str
    side: int | None


def verdict(interval: Interval, name: str) -> Verdict:
    """Return what the deciding interval, called `name`, says of a preference."""
    side = 0 if interval.low > 0.5 else 1 if interval.high < 0.5 else None
    if name not in (SANDWICH, BOOTSTRAP):
        return Verdict(name, side)
    return Verdict(NOT_SHOWN if side is None else PREFERRED, side)


def preference(votes: Sequence[Vote], seed: int, *, in_full: bool = True) -> dict[str, Any] | None:
    """Return the win rate of the first arm over the second from `votes`, all of one pair of arms; None without votes.

    A tie is half a win, a slight preference three quarters; `without_ties` is the win rate of the votes that took a side,
    each as a whole one. `in_full`: with the crossed logit and heterogeneity, which take seconds for thousands of votes.
    """
    if not votes:
        return None
    scored = Scored.of(votes)
    said = _rates(scored, seed, crossed=in_full)
    took_side = scored.where(scored.scores != 0.5)
    whole = Scored((took_side.scores > 0.5).astype(float), took_side.raters, took_side.scenes)
    differs = len(whole.scores) and not np.array_equal(whole.scores, scored.scores)
    said["without_ties"] = _rates(whole, seed, crossed=in_full) if differs else None
    said["heterogeneity"] = heterogeneity(scored, seed) if in_full else None
    return said


def _rates(scored: Scored, seed: int, *, crossed: bool) -> dict[str, Any]:
    found = measured(scored.scores, scored.raters, scored.scenes, seed, crossed=crossed)
    word, side = verdict(found.intervals[found.deciding], found.deciding)
    wins = {"first": scored.scores > 0.5, "second": scored.scores < 0.5, "ties": scored.scores == 0.5}
    return {
        "votes": len(scored.scores),
        "raters": len(np.unique(scored.raters)),
        "scenes": len(np.unique(scored.scenes)),
        "wins": {name: int(of.sum()) for name, of in wins.items()},
        "slight": int(np.isin(scored.scores, (0.25, 0.75)).sum()),
        "win_rate": found.rate,
        "intervals": {name: list(interval) for name, interval in found.intervals.items()},
        "not_measured": found.not_measured,
        "deciding": found.deciding,
        "verdict": word,
        "preferred": None if side is None else ("first", "second")[side],
    }
