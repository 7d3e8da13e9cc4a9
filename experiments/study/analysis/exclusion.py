"""Whose votes are left out: the rules of the frozen protocol, and what each rater measures by them. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import gt, lt
from typing import NamedTuple

import numpy as np

from experiments.study.analysis.counted import answered, main_votes
from experiments.study.protocol import Exclusion
from experiments.study.trials import Comparison
from experiments.study.vote import Vote


@dataclass(frozen=True)
class Conduct:
    """What one rater did, as the rules measure it; None where there is nothing to measure it by."""

    min_votes: int
    """Votes that a result counts."""
    min_gold: float | None
    min_traps: float | None
    min_repeats: float | None
    """Share of repeated pairs for which the same arm (or neither) was taken again."""
    max_side_share: float | None
    """Share of the commoner side among all answers to main and repeated pairs that took one."""
    max_same_share: float | None
    """Share of the commonest answer among all to main and repeated pairs."""
    min_median_seconds: float | None
    max_hasty_share: float | None
    max_away_share: float | None
    min_agreement: float | None
    """Share of votes with the majority of all others on the same comparison, where these have one."""


class Breach(NamedTuple):
    """A rule that a rater does not meet: its name in the protocol, its limit and what was measured."""

    rule: str
    limit: float
    measured: float

    def __str__(self) -> str:
        return f"{self.rule} {self.limit:g}, measured {self.measured:.4g}"


RULES: dict[str, Callable[[float, float], bool]] = {
    "min_votes": lt, "min_gold": lt, "min_traps": lt, "min_repeats": lt, "max_side_share": gt, "max_same_share": gt,
    "min_median_seconds": lt, "max_hasty_share": gt, "max_away_share": gt, "min_agreement": lt,
}  # fmt: skip
"""Each rule of `protocol.Exclusion`, and when what was measured breaks its limit."""


@dataclass(frozen=True)
class Standing:
    """All answers of all raters, what each measures, who is left out by which rules, and the answers of those who stay."""

    votes: tuple[Vote, ...]
    conduct: Mapping[str, Conduct]
    left_out: Mapping[str, Sequence[Breach]]
    kept: tuple[Vote, ...]

    @property
    def reasons(self) -> dict[str, str]:
        """Of every rater who is left out, why, in words."""
        return {rater: "; ".join(map(str, broken)) for rater, broken in self.left_out.items()}


def standing_of(votes: Sequence[Vote], rules: Exclusion) -> Standing:
    """Return how raters stand by the rules of a protocol; `votes` are all their answers."""
    conduct = conduct_of(votes, rules)
    left_out = breaches(conduct, rules)
    return Standing(tuple(votes), conduct, left_out, tuple(without(votes, left_out)))


def conduct_of(votes: Sequence[Vote], rules: Exclusion) -> dict[str, Conduct]:
    """Return what every rater measures; `votes` are all answers of all raters."""
    by_rater: defaultdict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        by_rater[vote.rater].append(vote)
    tallies = _tallies(main_votes(votes))
    return {rater: _conduct(own, rules.hasty_seconds, tallies) for rater, own in sorted(by_rater.items())}


def breaches(conduct: Mapping[str, Conduct], rules: Exclusion) -> dict[str, list[Breach]]:
    """Return of every rater who is left out the rules that they break. What cannot be measured breaks none."""
    found = {rater: list(_broken(own, rules)) for rater, own in conduct.items()}
    return {rater: broken for rater, broken in found.items() if broken}


def without(votes: Iterable[Vote], left_out: Mapping[str, Sequence[Breach]]) -> list[Vote]:
    """Return the votes of the raters who stay."""
    return [vote for vote in votes if vote.rater not in left_out]


def repeated(votes: Sequence[Vote]) -> list[tuple[Vote, Vote]]:
    """Return every repeat that was answered, after the vote that it repeats, where that was answered too."""
    before = {(vote.rater, vote.trial.trial): vote for vote in answered(votes)}
    again = [(before.get((vote.rater, vote.trial.repeat_of or "")), vote) for vote in answered(votes, "repeat")]
    return [(first, second) for first, second in again if first is not None]


def is_alike(first: Vote, second: Vote) -> bool:
    """Return whether two votes on the same pair take the same arm, or both neither; how clearly does not matter."""
    return bool(np.sign(first.left_score - 0.5) == np.sign(second.score_of(first.trial.left) - 0.5))


def _broken(own: Conduct, rules: Exclusion) -> Iterable[Breach]:
    for rule, is_broken_by in RULES.items():
        limit, measured = getattr(rules, rule), getattr(own, rule)
        if limit is not None and measured is not None and is_broken_by(measured, limit):
            yield Breach(rule, float(limit), float(measured))


def _conduct(own: Sequence[Vote], hasty_s: float, tallies: Mapping[Comparison, tuple[float, int]]) -> Conduct:
    pairs = answered(own, "main", "repeat")
    lefts = [vote.left_score > 0.5 for vote in pairs if vote.left_score != 0.5]
    seconds = [vote.seconds for vote in pairs]
    viewed = sum(max(vote.seconds, vote.away_s) for vote in own)
    counted = main_votes(own)
    return Conduct(
        min_votes=len(counted),
        min_gold=_share(bool(vote.is_right) for vote in answered(own, "gold")),
        min_traps=_share(bool(vote.is_right) for vote in answered(own, "trap")),
        min_repeats=_share(is_alike(*both) for both in repeated(own)),
        max_side_share=max(sum(lefts), len(lefts) - sum(lefts)) / len(lefts) if lefts else None,
        max_same_share=max(Counter(vote.choice for vote in pairs).values()) / len(pairs) if pairs else None,
        min_median_seconds=float(np.median(seconds)) if seconds else None,
        max_hasty_share=_share(each < hasty_s for each in seconds),
        max_away_share=sum(vote.away_s for vote in own) / viewed if viewed else None,
        min_agreement=_share(_agreements(counted, tallies)),
    )


def _share(found: Iterable[bool]) -> float | None:
    values = list(found)
    return float(np.mean(values)) if values else None


def _tallies(votes: Iterable[Vote]) -> dict[Comparison, tuple[float, int]]:
    """Of each comparison how far its votes lean to its first arm, and how many there are."""
    found: dict[Comparison, tuple[float, int]] = {}
    for vote in votes:
        lean, count = found.get(vote.trial.comparison, (0.0, 0))
        found[vote.trial.comparison] = lean + _lean(vote), count + 1
    return found


def _lean(vote: Vote) -> float:
    return vote.score_of(vote.trial.comparison.first) - 0.5


def _agreements(own: Iterable[Vote], tallies: Mapping[Comparison, tuple[float, int]]) -> Iterable[bool]:
    for vote in own:
        others = tallies[vote.trial.comparison][0] - _lean(vote)
        if abs(others) > 1e-9 and _lean(vote):
            yield (others > 0) == (_lean(vote) > 0)
