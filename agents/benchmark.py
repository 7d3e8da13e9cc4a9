"""Comparing tuners on the same held-out raws: full-size score, gain over the camera default, and what it cost."""

import pkgutil
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import stats

from agents.tuner import Tuner
from agents.tuners import find_tuner
from attiqa_core.errors import UsageError
from attiqa_core.judges.judge import Judge
from isp_env.core import Task
from isp_env.raw import RawFrame
from isp_env.reward_weights import RewardWeights
from isp_env.tiles import render_full

RESAMPLES = 9999


@dataclass(frozen=True)
class Result:
    """One tuner on one raw: scores, about [0, 1], of the full-size render by each judge, and the price of its parameters."""

    tuner: str
    image: str
    scene: str
    scores: dict[str, float]
    params: dict[str, float]
    queries: int
    tuning_seconds: float


@dataclass(frozen=True)
class Verdict:
    """What one judge says of a tuner; the interval is the 95 % one of the mean gain, scenes (or images) resampled in pairs.

    `held_out` is false where the judge is the very scorer that the tuners climbed.
    """

    mean_score: float
    mean_gain: float
    gain_low: float
    gain_high: float
    better_share: float
    held_out: bool


@dataclass(frozen=True)
class Standing:
    """One tuner over all raws, as each judge has it, by the judge's name and in the order given."""

    tuner: str
    images: int
    scenes: int
    verdicts: dict[str, Verdict]
    queries: int
    seconds_per_image: float


def run_benchmark(
    frames: Iterable[RawFrame],
    tuners: Sequence[Tuner],
    judges: Sequence[Judge],
    scene_of: Callable[[str], str],
    progress: Callable[[], object] = lambda: None,
    keep: Callable[[RawFrame, str, torch.Tensor], object] = lambda frame, tuner, rgb: None,
) -> list[Result]:
    """Return a result per raw and tuner; `keep` receives each full-size render (3, H, W) and may store it.

    The judges, one at least, have names of their own (`distinct`). From an iterator each frame is let go before the next is asked for.
    """
    results = []
    for frame in frames:
        for tuner in tuners:
            start = time.perf_counter()
            params = tuner.tune(frame)
            seconds = time.perf_counter() - start
            rgb = render_full(frame, params, device=judges[0].device)
            scores = {judge.name: float(judge.score(rgb[None])[0]) for judge in judges}
            keep(frame, tuner.name, rgb)
            recipe = params.to_dicts()[0]
            results.append(Result(tuner.name, frame.name, scene_of(frame.name), scores, recipe, tuner.queries, seconds))
            progress()
        del frame  # before the next is read
    return results


def standings(results: Sequence[Result], climbed: Collection[str] = (), baseline: str = "default") -> list[Standing]:
    """Return one standing per tuner, in the order given, each paired with the baseline's score of the same raw.

    `climbed` names the judges that the tuners were made to please: their gains are no evidence, and say so.
    """
    reference = {result.image: result.scores for result in results if result.tuner == baseline}
    return [
        _standing([result for result in results if result.tuner == tuner], reference, climbed)
        for tuner in dict.fromkeys(result.tuner for result in results)
    ]


def _standing(own: list[Result], reference: Mapping[str, Mapping[str, float]], climbed: Collection[str]) -> Standing:
    scenes = [result.scene for result in own]
    return Standing(
        own[0].tuner,
        len(own),
        len(set(scenes)),
        {judge: _verdict(judge, own, reference, held_out=judge not in climbed) for judge in own[0].scores},
        own[0].queries,
        float(np.mean([result.tuning_seconds for result in own])),
    )


def _verdict(judge: str, own: list[Result], reference: Mapping[str, Mapping[str, float]], *, held_out: bool) -> Verdict:
    gains = np.array([result.scores[judge] - reference[result.image][judge] for result in own])
    low, high = paired_interval(gains, [result.scene for result in own])
    mean_score = float(np.mean([result.scores[judge] for result in own]))
    return Verdict(mean_score, float(gains.mean()), low, high, float(np.mean(gains > 0)), held_out)


def same_scores(one: Judge, other: Judge) -> bool:
    """Return whether two judges are one: the same weights, looked at through however many crops or called whatever."""
    return one.sha256 == other.sha256


def distinct(judges: Iterable[Judge]) -> list[Judge]:
    """Return the judges, each once. Raises: UsageError if two different ones have the same name."""
    found: dict[str, Judge] = {}
    for judge in judges:
        if not same_scores(found.setdefault(judge.name, judge), judge):
            raise UsageError(
                f"--judges: two different judges are called {judge.name}; name one of their folders otherwise"
            )
    return list(found.values())


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


def make_tuners(specs: Sequence[str], scorer: Judge, task: Task, weights: RewardWeights, seed: int) -> list[Tuner]:
    """Return the tuners named, each once; the camera default always leads. Raises: UsageError for an unknown name."""
    found = [find_tuner(spec) for spec in dict.fromkeys(["default", *specs])]
    return [pkgutil.resolve_name(build)(scorer, queries, task, weights, seed) for build, queries in found]
