"""What a benchmark's results say: gains over the camera default and between rows, with intervals over scenes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from agents.benchmark import Result
from isp_env.reward import TERMS

RESAMPLES = 9999
REWARD = "reward"
"""The name under which the reward's own gain is compared, beside the judges' names."""


@dataclass(frozen=True)
class Gain:
    """A mean gain with its 95 % interval, scenes (or images) resampled in pairs, and the share of raws that gained.

    The ends are NaN where there are fewer than two scenes.
    """

    mean_gain: float
    gain_low: float
    gain_high: float
    better_share: float


@dataclass(frozen=True)
class Verdict(Gain):
    """What one judge says of a tuner. `held_out` is false where the judge has a network of the scorer that the tuners climbed."""

    mean_score: float
    held_out: bool


@dataclass(frozen=True)
class Change:
    """What became of the pictures beside the camera default's: means over raws, and for chroma the extremes.

    `chroma` and `own_chroma` (about the picture's own white): ratios, `chroma_low` and `chroma_high` the least and the most.
    `cast`: how much farther from neutral the own white is, in Lab a*b*. `clipped`: change of the share of pixels. `noise`: ratio.
    """

    chroma: float
    chroma_low: float
    chroma_high: float
    own_chroma: float
    cast: float
    clipped: float
    noise: float


@dataclass(frozen=True)
class Standing:
    """One tuner over all raws: each judge's verdict, by name and in the order given; reward and its terms, of the proxies."""

    tuner: str
    images: int
    scenes: int
    verdicts: dict[str, Verdict]
    reward: Gain
    terms: dict[str, float]
    change: Change
    queries: int
    renders: int
    seconds_per_image: float


@dataclass(frozen=True)
class Comparison:
    """What one row gains over another, by each judge and by the reward."""

    tuner: str
    less: str
    gains: dict[str, Gain]


def standings(results: Sequence[Result], climbed: Collection[str] = (), baseline: str = "default") -> list[Standing]:
    """Return one standing per tuner, in the order given, each paired with the baseline's picture of the same raw.

    `climbed` names the judges that the tuners were made to please: their gains are no evidence, and say so.
    """
    reference = {result.image: result for result in results if result.tuner == baseline}
    return [
        _standing([result for result in results if result.tuner == tuner], reference, climbed)
        for tuner in dict.fromkeys(result.tuner for result in results)
    ]


def _standing(own: list[Result], reference: Mapping[str, Result], climbed: Collection[str]) -> Standing:
    scenes = [result.scene for result in own]
    gains = _gains(own, reference)
    return Standing(
        own[0].tuner,
        len(own),
        len(set(scenes)),
        {judge: _verdict(judge, own, gains[judge], judge not in climbed) for judge in own[0].scores},
        gains[REWARD],
        {term: float(np.mean([result.terms.get(term, 0.0) for result in own])) for term in TERMS},
        _change(own, [reference[result.image] for result in own]),
        own[0].queries,
        own[0].renders,
        float(np.mean([result.seconds for result in own])),
    )


def _verdict(judge: str, own: list[Result], gain: Gain, held_out: bool) -> Verdict:
    return Verdict(**vars(gain), mean_score=float(np.mean([each.scores[judge] for each in own])), held_out=held_out)


def _gains(own: list[Result], reference: Mapping[str, Result]) -> dict[str, Gain]:
    """By each judge, and by the reward."""
    pairs = [(result, reference[result.image]) for result in own]
    scenes = [result.scene for result in own]
    found = {
        judge: gain_of([one.scores[judge] - other.scores[judge] for one, other in pairs], scenes)
        for judge in own[0].scores
    }
    return {**found, REWARD: gain_of([one.reward - other.reward for one, other in pairs], scenes)}


def gain_of(gains: Sequence[float], scenes: Sequence[str]) -> Gain:
    """Return the mean of gains with its interval over scenes, and the share above 0."""
    values = np.array(gains)
    return Gain(float(values.mean()), *paired_interval(values, scenes), float(np.mean(values > 0)))


def _change(own: list[Result], default: list[Result]) -> Change:
    pairs = [(one.measures, other.measures) for one, other in zip(own, default, strict=True)]

    def ratio(name: str) -> np.ndarray:
        return np.array([one[name] / max(other[name], 1e-6) for one, other in pairs])

    def difference(name: str) -> float:
        return float(np.mean([one[name] - other[name] for one, other in pairs]))

    chroma = ratio("chroma")
    return Change(
        float(chroma.mean()),
        float(chroma.min()),
        float(chroma.max()),
        float(ratio("own_chroma").mean()),
        difference("cast"),
        difference("clipped"),
        float(ratio("noise").mean()),
    )


def comparisons(results: Sequence[Result], pairs: Sequence[tuple[str, str]]) -> list[Comparison]:
    """Return what the first row of each pair gains over the second, raw by raw."""
    rows = {tuner: [each for each in results if each.tuner == tuner] for pair in pairs for tuner in pair}
    return [
        Comparison(one, other, _gains(rows[one], {each.image: each for each in rows[other]})) for one, other in pairs
    ]


def paired_interval(gains: np.ndarray, scenes: Sequence[str]) -> tuple[float, float]:
    """Return the 95 % percentile-bootstrap interval of the mean gain; scenes, not images, are what is drawn.

    With fewer than two scenes (or no variation) there is nothing to resample: both ends are NaN (or the mean).
    """
    members = [
        np.array([gain for gain, each in zip(gains, scenes, strict=True) if each == scene])
        for scene in dict.fromkeys(scenes)
    ]
    if len(members) < 2:
        return float("nan"), float("nan")
    if np.ptp(gains) == 0:
        return float(gains[0]), float(gains[0])
    sums, counts = np.array([each.sum() for each in members]), np.array([len(each) for each in members])
    drawn = stats.bootstrap(
        (sums, counts),
        lambda total, count, axis=-1: total.sum(axis) / count.sum(axis),
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    return float(drawn.confidence_interval.low), float(drawn.confidence_interval.high)
