"""The strengths of any number of arms from votes on two at a time, with intervals that hold for other raters and scenes.

The model: arm i wins over j with probability 1 / (1 + exp(s_j - s_i)). Ties and "slightly" are fractions of a win (0.5,
0.75), so a strength tells who gets more of the votes, not how sure raters are. choix finds the strengths, statsmodels the
errors. Source: Bradley and Terry 1952, Biometrika 39(3/4).
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import expit
from scipy.stats import t as student

from experiments.study.intervals.crossed_spread import CrossedSpread
from experiments.study.intervals.measured import needed
from experiments.study.intervals.wilson import Interval
from experiments.study.intervals.win_rate import BY_VOTE, FEWEST, SANDWICH, THESE_IMAGES, THESE_RATERS
from experiments.study.scale.outcomes import Outcomes, on_one_scale, outcomes_of, why_left_out
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


@dataclass(frozen=True)
class Errors:
    """Covariances of strengths in whose sums votes are correlated by rater and scene, by rater, by scene, and not at all."""

    clustered: str
    covariances: tuple[np.ndarray, ...]
    raters: int
    scenes: int

    @staticmethod
    def of(outcomes: Outcomes) -> "Errors":
        """The sandwich of the likelihood's estimating equations, clustered as far as there are raters and scenes."""
        sandwich = needed("statsmodels.stats.sandwich_covariance")
        model = _logit_model(outcomes)
        many_raters, many_scenes = (count >= FEWEST for count in (outcomes.raters, outcomes.scenes))
        by_vote = sandwich.cov_white_simple(model)
        if many_raters and many_scenes:
            clustered, found = SANDWICH, sandwich.cov_cluster_2groups(model, outcomes.rater, outcomes.scene)
        elif many_scenes:
            clustered, found = THESE_RATERS, (sandwich.cov_cluster(model, outcomes.scene),)
        elif many_raters:
            clustered, found = THESE_IMAGES, (sandwich.cov_cluster(model, outcomes.rater),)
        else:
            clustered, found = BY_VOTE, ()
        centred = _centring(len(outcomes.arms))
        covariances = tuple(centred @ each @ centred.T for each in (*found, by_vote))
        return Errors(clustered, covariances, outcomes.raters, outcomes.scenes)

    def of_arms(self, order: np.ndarray) -> "Errors":
        """The same for arms in another order."""
        covariances = tuple(each[np.ix_(order, order)] for each in self.covariances)
        return Errors(self.clustered, covariances, self.raters, self.scenes)

    def of_strength(self, arm: int) -> "CrossedSpread | Student":
        """How far an arm's strength may be from the truth."""
        return self._of(np.eye(len(self.covariances[0]))[arm])

    def of_difference(self, first: int, second: int) -> "CrossedSpread | Student":
        """How far the difference of two arms' strengths may be from the truth."""
        one = np.eye(len(self.covariances[0]))
        return self._of(one[first] - one[second])

    def _of(self, contrast: np.ndarray) -> "CrossedSpread | Student":
        variances = [float(contrast @ each @ contrast) for each in self.covariances]
        if self.clustered == SANDWICH:
            both, by_rater, by_scene = variances[:3]
            return CrossedSpread(by_rater, by_scene, by_rater + by_scene - both, self.raters, self.scenes)
        clusters = {THESE_RATERS: self.scenes, THESE_IMAGES: self.raters, BY_VOTE: np.inf}[self.clustered]
        return Student(max(variances) ** 0.5, clusters - 1)


@dataclass(frozen=True)
class Student:
    """A standard error with its degrees of freedom."""

    error: float
    freedom: float

    def half_width(self) -> float:
        """How far the truth may be, at 95 %."""
        return float(student.ppf(0.975, self.freedom)) * self.error

    def p_value(self, distance: float) -> float:
        """The two-sided p of a truth at `distance`."""
        return float(2 * student.sf(abs(distance) / self.error, self.freedom))


def _logit_model(outcomes: Outcomes):
    """The likelihood at its maximum, as statsmodels' logit model of differences, the last arm's strength 0."""
    glm = needed("statsmodels.genmod.generalized_linear_model").GLM
    binomial = needed("statsmodels.genmod.families").Binomial()
    rows, arms = np.arange(len(outcomes.score)), len(outcomes.arms)
    differences = np.zeros((len(rows), arms))
    differences[rows, outcomes.first] = 1.0
    differences[rows, outcomes.second] = -1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fractions of a win, which the estimating equations take as they are
        return glm(outcomes.score, differences[:, :-1], family=binomial).fit()


def _centring(arms: int) -> np.ndarray:
    """From strengths against the last arm to strengths whose mean is 0."""
    return np.eye(arms)[:, :-1] - 1 / arms


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
