"""What a study's checks say of its raters together: agreement, repeats, gold and traps, side, order, speed. Pure."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from experiments.study.analysis.agreement import fleiss, krippendorff, split_half
from experiments.study.analysis.counted import Scored, answered, main_votes
from experiments.study.analysis.exclusion import is_alike, repeated
from experiments.study.analysis.side_and_order import order_effect, side_effect, speed
from experiments.study.intervals.measured import NotMeasured
from experiments.study.intervals.wilson import wilson
from experiments.study.vote import Vote


def checks(votes: Sequence[Vote], hasty_s: float, seed: int) -> dict[str, Any]:
    """Return all checks of `votes`, which are all answers of the raters in question."""
    alike = [is_alike(*both) for both in repeated(votes)]
    return {
        "agreement": agreement(main_votes(votes), seed),
        "repeats": {"answered": len(alike), "same": sum(alike), **_rate(sum(alike), len(alike))},
        **{name: _right(answered(votes, kind)) for name, kind in (("gold", "gold"), ("traps", "trap"))},
        "sides": side_effect(votes),
        "order": order_effect(votes),
        "speed": speed(votes, hasty_s),
    }


def agreement(votes: Sequence[Vote], seed: int) -> dict[str, Any]:
    """Return Krippendorff's alpha, Fleiss' kappa and split-half reliability; in the place of a number, why there is none."""
    scored, units = Scored.of(votes), np.array([repr(vote.trial.comparison) for vote in votes])
    return {
        "krippendorff_alpha": _or_reason(lambda: krippendorff(scored.scores, units)),
        "fleiss_kappa": _or_reason(lambda: fleiss(scored.scores, units)),
        "split_half": _or_reason(lambda: split_half(scored.scores, scored.raters, units, seed)),
    }


def _or_reason(measure: Callable[[], float]) -> float | str:
    try:
        return measure()
    except NotMeasured as reason:
        return f"not measured: {reason}"


def _right(votes: Sequence[Vote]) -> dict[str, Any]:
    right = sum(bool(vote.is_right) for vote in votes)
    return {"answered": len(votes), "right": right, **_rate(right, len(votes))}


def _rate(hits: int, count: int) -> dict[str, Any]:
    return {"rate": hits / count if count else None, "wilson_95": list(wilson(hits / count, count)) if count else None}
