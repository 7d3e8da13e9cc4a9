"""An analysis as tables: a row for each scene and pair of arms, and one for each rater. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from attiqa_core.files.tables import csv_text
from experiments.study.analysis.counted import main_votes, of_pair, pairs_of
from experiments.study.analysis.exclusion import Conduct, Standing
from experiments.study.vote import Rater, Vote

MEASURES = tuple(Conduct.__dataclass_fields__)
"""What rules measure, by the names of the rules."""

DEVICE = ("window_width", "window_height", "pixel_ratio", "touch", "remote_desktop", "full_screen_left", "colour_depth",
          "px_per_mm", "distance_mm")  # fmt: skip
"""What is told of a rater's screen, where the page measured it."""


def images_csv(votes: Sequence[Vote], arms: Mapping[str, str]) -> str:
    """Return a row for every scene and pair of arms among the votes that count."""
    counted = main_votes(votes)
    rows = [
        (scene, arms[first], arms[second], *_counts([vote for vote in here if vote.trial.scene == scene], first))
        for first, second in pairs_of(counted)
        for here in [of_pair(counted, first, second)]
        for scene in sorted({vote.trial.scene for vote in here})
    ]
    heads = ("votes", "first_wins", "second_wins", "ties", "first_win_rate", "median_seconds")
    return csv_text([("image", "first", "second", *heads), *rows])


def raters_csv(raters: Sequence[Rater], standing: Standing) -> str:
    """Return a row for every rater who answered: how they stand, what each rule measures, by which they are left out, and what
    their screen was.

    How often a rater chose the first of two arms is there where a study has but two.
    """
    main = main_votes(standing.votes)
    pairs = pairs_of(main)
    rows = []
    for rater in sorted(raters, key=lambda each: each.rater):
        if rater.rater not in standing.conduct:
            continue
        own = [vote for vote in main if vote.rater == rater.rater]
        counts = _counts(own, pairs[0][0]) if len(pairs) == 1 else (len(own), "", "", "", "", _median(own))
        lefts = [vote.left_score > 0.5 for vote in own if vote.left_score != 0.5]
        measured = [_cell(getattr(standing.conduct[rater.rater], name)) for name in MEASURES]
        reason = standing.reasons.get(rater.rater, "")
        left_share = _cell(sum(lefts) / len(lefts) if lefts else None)
        session = (rater.language, rater.consent or "", *(_cell(rater.device.get(name)) for name in DEVICE))
        rows.append((rater.rater, rater.status, *counts, left_share, *measured, reason, *session))
    heads = ("votes", "first_wins", "second_wins", "ties", "first_win_rate", "median_seconds", "left_share")
    measures = (f"{name}_measured" for name in MEASURES)
    return csv_text([("rater", "status", *heads, *measures, "left_out_by", "language", "consent", *DEVICE), *rows])


def _counts(votes: Sequence[Vote], first: str) -> tuple[Any, ...]:
    scores = np.array([vote.score_of(first) for vote in votes])
    rate = f"{scores.mean():.4f}" if len(scores) else ""
    wins = (int((scores > 0.5).sum()), int((scores < 0.5).sum()), int((scores == 0.5).sum()))
    return (len(votes), *wins, rate, _median(votes))


def _median(votes: Sequence[Vote]) -> str:
    return f"{np.median([vote.seconds for vote in votes]):.2f}" if votes else ""


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
