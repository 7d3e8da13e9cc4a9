"""The strengths of any number of arms from votes on two at a time, with intervals that hold for other raters and scenes.

The model: arm i wins over j with probability 1 / (1 + exp(s_j - s_i)). Ties and "slightly" are fractions of a win (0.5,
0.75), so a strength tells who gets more of the votes, not how sure raters are. choix finds the strengths, statsmodels the
errors. Source: Bradley and Terry 1952, Biometrika 39(3/4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import expit

from experiments.study.intervals.measured import needed
from experiments.study.intervals.wilson import Interval
from experiments.study.intervals.win_rate import BY_VOTE
from experiments.study.scale.outcomes import on_one_scale, outcomes_of, why_left_out
from experiments.study.scale.strength_errors import Errors
from experiments.study.vote import Vote

REGULARISATION = 1e-6
"""Rate at which choix's chain of arms goes anywhere (I-LSR's alpha): it keeps the iteration well-posed, and moves no digit
that is printed."""

ROUNDS = 10_000
"""Most iterations of I-LSR; a hundred are enough but for very one-sided votes."""

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Strength:
    """One arm's place. `value` is in logits, the mean over the scale's arms is 0; `ranks` are the best and the worst that
    the tests of all pairs together leave open, 1 is the strongest."""

    arm: str
    value: float
    interval: Interval
    ranks: tuple[int, int]


@dataclass(frozen=True)
class Pair:
    """Two arms on the scale: the probability that `first` wins, its interval, and the test against one half."""

    first: str
    second: str
    probability: float
    interval: Interval
    p_value: float
    p_holm: float
    """The p value after Holm's correction for all pairs of the scale."""

    @property
    def preferred(self) -> str | None:
        """The arm that wins, where all pairs tested together say so."""
        if self.p_holm >= SIGNIFICANT:
            return None
        return self.first if self.probability > 0.5 else self.second


@dataclass(frozen=True)
class Scale:
    """All arms with a finite strength, strongest first, their pairs in that order, and why other arms are left out."""

    strengths: tuple[Strength, ...]
    pairs: tuple[Pair, ...]
    left_out: Mapping[str, str]
    clustered: str
    """`win_rate.SANDWICH`: by rater and scene; `THESE_RATERS`, `THESE_IMAGES` where there are too few to speak of others."""
    votes: int
    raters: int
    scenes: int
    between: float
    """Share of votes that were neither won nor lost: ties and "slightly"."""


def scale_of(votes: Sequence[Vote], arms: Mapping[str, str]) -> Scale:
    """Return the scale of `arms` (from the votes' letters to names) by the main votes; nothing in it is random.

    Raises: NotMeasured without choix or statsmodels, with the line that installs them.
    """
    outcomes = outcomes_of(votes, list(arms))
    names = tuple(arms.values())
    whole = outcomes.wins
    kept = on_one_scale(whole)
    left_out = {names[arm]: sentence for arm, sentence in why_left_out(whole, names).items()}
    own = outcomes.between(kept)
    said = {
        "left_out": left_out,
        "votes": len(own.score),
        "raters": own.raters,
        "scenes": own.scenes,
        "between": float(np.mean((own.score > 0) & (own.score < 1))) if len(own.score) else 0.0,
    }
    if len(kept) < 2:
        return Scale((), (), clustered=BY_VOTE, **said)
    values = strengths(own.wins)
    errors = Errors.of(own)
    order = np.argsort(-values, kind="stable")
    pairs = _pairs([names[kept[arm]] for arm in order], values[order], errors.of_arms(order))
    ranks = _ranks([names[kept[arm]] for arm in order], pairs)
    placed = tuple(
        Strength(
            names[kept[arm]],
            float(values[arm]),
            _around(float(values[arm]), errors.of_strength(arm).half_width()),
            ranks[place],
        )
        for place, arm in enumerate(order)
    )
    return Scale(placed, pairs, clustered=errors.clustered, **said)


def strengths(wins: np.ndarray) -> np.ndarray:
    """Return the arms' strengths in logits, their mean 0, from `wins` of rows over columns.

    Every arm must have won over every other one, directly or through others (`on_one_scale`). Source: choix's I-LSR
    (Maystre and Grossglauser 2015, NeurIPS), the maximum of the likelihood.
    """
    found = needed("choix").ilsr_pairwise_dense(wins, alpha=REGULARISATION, max_iter=ROUNDS)
    return found - found.mean()


def _around(value: float, half: float) -> Interval:
    return Interval(float(value - half), float(value + half))


def _pairs(names: Sequence[str], values: np.ndarray, errors: Errors) -> tuple[Pair, ...]:
    places = list(combinations(range(len(names)), 2))
    found = [(float(values[one] - values[other]), errors.of_difference(one, other)) for one, other in places]
    p_values = [spread.p_value(difference) for difference, spread in found]
    corrected = holm(np.array(p_values))
    pairs = []
    for (one, other), (difference, spread), p_value, p_holm in zip(places, found, p_values, corrected, strict=True):
        ends = Interval(*(float(expit(end)) for end in _around(difference, spread.half_width())))
        pairs.append(Pair(names[one], names[other], float(expit(difference)), ends, p_value, float(p_holm)))
    return tuple(pairs)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p values corrected for being tested together. Source: Holm 1979, Scandinavian Journal of Statistics 6(2);
    equals statsmodels' `multipletests`, which runs the garbage collector each time, 65 ms."""
    order = np.argsort(p_values)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(1, np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1)))
    return corrected


def _ranks(names: Sequence[str], pairs: Sequence[Pair]) -> list[tuple[int, int]]:
    """Best and worst rank: as many are better as are preferred to an arm in the tests of all pairs, as many worse as it is
    preferred to. Source: Klein, Wright and Wieczorek 2020, Journal of the Royal Statistical Society A 183(3)."""
    won = {name: sum(pair.preferred == name for pair in pairs) for name in names}
    lost = {
        name: sum(pair.preferred not in (None, name) for pair in pairs if name in (pair.first, pair.second))
        for name in names
    }
    return [(1 + lost[name], len(names) - won[name]) for name in names]
