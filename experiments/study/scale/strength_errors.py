"""How far the strengths of a scale may be off: errors clustered by rater and scene as far as there are some. statsmodels does the sums."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from experiments.study.intervals.crossed_spread import CrossedSpread
from experiments.study.intervals.measured import needed
from experiments.study.intervals.win_rate import BY_VOTE, FEWEST, SANDWICH, THESE_IMAGES, THESE_RATERS
from experiments.study.scale.outcomes import Outcomes


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
        model = logit_model(outcomes)
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
        centred = centring(len(outcomes.arms))
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


def logit_model(outcomes: Outcomes) -> Any:
    """Return the likelihood at its maximum, as statsmodels' logit model of differences, the last arm's strength 0."""
    glm = needed("statsmodels.genmod.generalized_linear_model").GLM
    binomial = needed("statsmodels.genmod.families").Binomial()
    rows, arms = np.arange(len(outcomes.score)), len(outcomes.arms)
    differences = np.zeros((len(rows), arms))
    differences[rows, outcomes.first] = 1.0
    differences[rows, outcomes.second] = -1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fractions of a win, which the estimating equations take as they are
        return glm(outcomes.score, differences[:, :-1], family=binomial).fit()


def centring(arms: int) -> np.ndarray:
    """Return (arms, arms - 1): from strengths against the last arm to strengths whose mean is 0."""
    return np.eye(arms)[:, :-1] - 1 / arms
