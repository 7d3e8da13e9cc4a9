"""How a rehearsed study stands by its store: votes of each pair, sides, acknowledged votes; and what of it does not hold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.study.design.comparisons import comparisons_of
from experiments.study.folder import Study
from experiments.study.rehearsal.crowd import Heard
from experiments.study.vote import Vote


@dataclass(frozen=True)
class Standing:
    """`votes_per_pair`: how many pairs have so many votes. Differences are of the two sides, the largest of any pair or rater."""

    votes: int
    raters: int
    votes_per_pair: Mapping[int, int]
    sides_per_pair: int
    sides_per_rater: int
    first_share: float | None
    lost: int
    changed: int


def standing(study: Study, votes: Sequence[Vote], heard: Heard) -> Standing:
    """Return how main votes are spread, and how the store differs from what was acknowledged."""
    main = [vote for vote in votes if vote.trial.kind == "main"]
    kept = {vote.trial.trial: vote.choice for vote in votes}
    pairs = Counter(vote.trial.comparison for vote in main)
    unseen = Counter({0: len(comparisons_of(study.scenes)) - len(pairs)})
    return Standing(
        len(votes),
        len({vote.rater for vote in votes}),
        dict(sorted((Counter(pairs.values()) + unseen).items())),
        _uneven([(vote.trial.comparison, vote.trial.left == vote.trial.comparison.first) for vote in main]),
        _uneven([(vote.rater, vote.trial.left == vote.trial.comparison.first) for vote in main]),
        float(np.mean([vote.score_of(min(study.arms)) for vote in main])) if main else None,
        sum(trial not in kept for trial in heard.choices),
        sum(kept.get(trial, choice) != choice for trial, choice in heard.choices.items()),
    )


def _uneven(sides: Sequence[tuple[object, bool]]) -> int:
    """Return the largest difference between how often the first arm was left and how often right, of any one."""
    sums: Counter[object] = Counter()
    for whose, is_left in sides:
        sums[whose] += 1 if is_left else -1
    return max((abs(each) for each in sums.values()), default=0)


def complaints(study: Study, found: Standing, heard: Heard, *, everybody_finished: bool) -> tuple[str, ...]:
    """Return a sentence for each thing that does not hold; balance is promised only where everybody finishes."""
    said = [*heard.complaints]
    said += [f"{found.lost} acknowledged votes are not in the store"] if found.lost else []
    said += [f"{found.changed} votes are in the store with another choice"] if found.changed else []
    spread = max(found.votes_per_pair) - min(found.votes_per_pair)
    if everybody_finished and spread > 1:
        said.append(f"votes of two pairs differ by {spread}")
    if everybody_finished and found.sides_per_pair > 1:
        said.append(f"sides of a pair differ by {found.sides_per_pair}")
    if everybody_finished and len(study.arms) == 2 and found.sides_per_rater > 1:
        said.append(f"sides of a rater differ by {found.sides_per_rater}")
    return tuple(said)


def printed(found: Standing, heard: Heard) -> str:
    """Return the figures as lines."""
    waits = np.percentile(heard.waits_s, [50, 95, 100]) * 1000 if heard.waits_s else (0, 0, 0)
    spread = ", ".join(f"{pairs} with {votes}" for votes, pairs in found.votes_per_pair.items())
    share = "" if found.first_share is None else f"; first version {found.first_share:.1%}"
    return "\n".join(
        [
            f"raters           {found.raters}: {heard.finished} finished over HTTP, {heard.left_early} left early",
            f"votes            {found.votes}{share}",
            f"votes per pair   {spread}",
            f"sides            differ by {found.sides_per_pair} at most in a pair, {found.sides_per_rater} in a rater",
            f"acknowledged     {len(heard.choices)}: {found.lost} lost, {found.changed} changed",
            f"acknowledgement  median {waits[0]:.0f} ms, 95 % within {waits[1]:.0f} ms, longest {waits[2]:.0f} ms",
        ]
    )
