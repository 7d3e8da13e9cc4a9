"""Votes for other people's tools: pwcmp's matrices of counts, and choix's list of who beat whom. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from attiqa_core.files.tables import csv_text
from experiments.study.analysis.counted import main_votes
from experiments.study.folder import Study
from experiments.study.vote import Vote


def pwcmp_csv(votes: Sequence[Vote], study: Study) -> str:
    """Return for every scene a square of counts: how often the arm of a row was chosen over that of a column.

    Columns: scene, arm, then one for each arm in the study's order; the rows of one scene, without its first two columns,
    are the matrix that pwcmp's `pw_scale` takes. A tie is half a vote for each, a slight preference three quarters.
    """
    arms = list(study.arms)
    scenes = study.main_scenes
    counts = np.zeros((len(scenes), len(arms), len(arms)))
    for vote in main_votes(votes):
        first, second = (arms.index(arm) for arm in (vote.trial.comparison.first, vote.trial.comparison.second))
        score, scene = vote.score_of(arms[first]), scenes.index(vote.trial.scene)
        counts[scene, first, second] += score
        counts[scene, second, first] += 1 - score
    names = list(study.arms.values())
    rows = [
        (scene, name, *(f"{count:g}" for count in row))
        for scene, square in zip(scenes, counts, strict=True)
        for name, row in zip(names, square, strict=True)
    ]
    return csv_text([("scene", "arm", *names), *rows])


def choix_content(votes: Sequence[Vote], study: Study) -> dict[str, Any]:
    """Return `n_items` and `data` as choix takes them, a (winner, loser) for each vote; ties, which it has not, are counted.

    A slight preference is a whole one.
    """
    arms = list(study.arms)
    counted = main_votes(votes)
    data = [
        [arms.index(vote.trial.left), arms.index(vote.trial.right)][:: 1 if vote.left_score > 0.5 else -1]
        for vote in counted
        if vote.left_score != 0.5
    ]
    return {
        "n_items": len(arms),
        "items": list(study.arms.values()),
        "data": data,
        "ties_left_out": len(counted) - len(data),
    }
