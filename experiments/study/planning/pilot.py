"""What a pilot's votes say of raters and scenes: how far tastes and scenes differ, and how long an answer takes."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from attiqa_core.errors import InputError
from experiments.study.planning.population import Population, strengths_for
from experiments.study.planning.variance import moments_of
from experiments.study.scale.outcomes import outcomes_of
from experiments.study.trials import CHOICES, KINDS, SKIPPED, Trial
from experiments.study.vote import Vote

NEEDED = ("rater", "kind", "scene", "left", "right", "choice", "seconds")
FEWEST = 3
"""Raters, and scenes, below which nothing is known of how they differ."""


@dataclass(frozen=True)
class Pilot:
    """The spreads of tastes and scenes in logits, the median time of an answer, and what they come from."""

    taste_sd: float
    scene_sd: float
    seconds: float
    votes: int
    raters: int
    scenes: int
    answers: str


def read_pilot(path: Path) -> tuple[Vote, ...]:
    """Return the main votes of a `trials.csv` that `attiqa study analyse` wrote, without raters that were left out.

    Raises: InputError naming the column or row that is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path}: cannot be read as CSV ({error}); give the trials.csv of `attiqa study analyse`"
        ) from error
    missing = [name for name in NEEDED if not rows or name not in rows[0]]
    if missing:
        raise InputError(f"{path}: has no {', '.join(missing)}; give the trials.csv of `attiqa study analyse`")
    votes = [
        _vote(path, number, row)
        for number, row in enumerate(rows, 2)
        if row["choice"] != SKIPPED and not row.get("left_out")
    ]
    return tuple(vote for vote in votes if vote.trial.kind == "main")


def _vote(path: Path, number: int, row: dict[str, Any]) -> Vote:
    try:
        seconds = float(row["seconds"])
    except (TypeError, ValueError):
        seconds = -1.0
    if (
        row["choice"] not in CHOICES
        or row["kind"] not in KINDS
        or not 0 <= seconds < np.inf
        or row["left"] == row["right"]
    ):
        raise InputError(f"{path}: line {number} is no answer; give the unchanged trials.csv of `attiqa study analyse`")
    trial = Trial(str(number), row["kind"], str(row["scene"]), str(row["left"]), str(row["right"]))
    return Vote(str(row["rater"]), trial, row["choice"], seconds)


def pilot_of(votes: Sequence[Vote], path: Path) -> Pilot:
    """Return what `votes` say; of more than two arms, the mean over pairs of arms.

    Raises: InputError below three raters or scenes.
    """
    arms = sorted({arm for vote in votes for arm in (vote.trial.left, vote.trial.right)})
    outcomes = outcomes_of(votes, arms)
    if outcomes.raters < FEWEST or outcomes.scenes < FEWEST:
        raise InputError(
            f"{path}: has {outcomes.raters} raters and {outcomes.scenes} scenes; a pilot needs {FEWEST} of each"
        )
    answers = _answers(vote.choice for vote in votes)
    pairs = np.unique(np.column_stack([outcomes.first, outcomes.second]), axis=0)
    found = np.array([_covariances(outcomes.between(pair.tolist())) for pair in pairs])
    rate, same_rater, same_scene = np.average(found[:, :3], axis=0, weights=found[:, 3])
    taste_sd, scene_sd = _spreads(float(rate), float(same_rater), float(same_scene), answers)
    seconds = float(np.median([vote.seconds for vote in votes]))
    return Pilot(taste_sd, scene_sd, seconds, len(votes), outcomes.raters, outcomes.scenes, answers)


def _answers(choices: Any) -> str:
    found = set(choices)
    return "five" if found & {"slightly-left", "slightly-right"} else "tie" if "tie" in found else "two"


def _covariances(own: Any) -> tuple[float, float, float, float]:
    """Mean score; covariance of two votes of one rater, of two on one scene; and how many votes. Unbiased where every
    rater votes on every scene: what centring takes from each product is the variance of the mean."""
    votes, off = len(own.score), own.score - own.score.mean()
    cell = np.unique(np.column_stack([own.rater, own.scene]), axis=0, return_inverse=True)[1].ravel()
    sums = {
        name: np.bincount(labels, off) ** 2
        for name, labels in (("rater", own.rater), ("scene", own.scene), ("cell", cell))
    }
    counts = {
        name: (np.bincount(labels) ** 2).sum()
        for name, labels in (("rater", own.rater), ("scene", own.scene), ("cell", cell))
    }
    total = {name: each.sum() for name, each in sums.items()}
    free = votes**2 - (counts["rater"] + counts["scene"] - counts["cell"])
    variance = max(total["rater"] + total["scene"] - total["cell"], 0.0) / free if free else 0.0
    same = [
        (total[kind] - total["cell"]) / max(counts[kind] - counts["cell"], 1) + variance for kind in ("rater", "scene")
    ]
    return float(own.score.mean()), *same, float(votes)


def _spreads(rate: float, same_rater: float, same_scene: float, answers: str) -> tuple[float, float]:
    """The spreads in logits whose votes have those covariances; 0 where they are below 0, at most 3."""
    wanted = np.clip([same_rater, same_scene], 0, None)
    rate = min(max(rate, 0.05), 0.95)

    def misses(spreads: np.ndarray) -> np.ndarray:
        traits = {"taste_sd": float(spreads[0]), "scene_sd": float(spreads[1]), "answers": answers}
        found = moments_of(Population(strengths_for([rate], **traits), **traits))  # pyright: ignore[reportArgumentType]
        return 100 * (np.array([found.same_rater, found.same_scene]) - wanted)

    start: Callable[[float], float] = lambda covariance: min(4.5 * covariance**0.5, 2.5)  # noqa: E731
    solved: Any = least_squares(misses, [max(start(each), 0.05) for each in wanted], bounds=(0, 3))
    return float(solved.x[0]), float(solved.x[1])
