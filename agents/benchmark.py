"""Comparing tuners on the same held-out raws: every raw decoded, made small and scored at the camera default once."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from agents.tuner import Tuner, first_state
from attiqa_core.errors import UsageError
from attiqa_core.judges.joined import parts_of
from attiqa_core.judges.judge import Judge
from isp_env.core import CHUNK, IspCore
from isp_env.isp import Isp
from isp_env.measures.picture import PictureMeasures
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.reward import TERMS

SAME_ACTION = 1e-6
"""An action so near to identity is the camera default, whose terms the core knows."""


@dataclass(frozen=True)
class Result:
    """One tuner on one raw: what judges and rulers say of its picture, and the price of its parameters.

    `scores`: of the full-size render by each judge, about [0, 1]. `terms`: how much each term of the value of the proxy with
    its crops is above the camera default's; their sum is the reward of a single step. `measures`: those of the full-size render
    (`PictureMeasures`). `seconds` and `queries` are those of choosing the parameters; rendering at full size is not counted.
    """

    tuner: str
    image: str
    scene: str
    scores: dict[str, float]
    terms: dict[str, float]
    measures: dict[str, float]
    params: dict[str, float]
    queries: int
    renders: int
    seconds: float

    @property
    def reward(self) -> float:
        """What the agents are rewarded by, on this raw."""
        return sum(self.terms.values())


@dataclass(frozen=True)
class Tuned:
    """A tuner's answer to every raw of a core, and what each cost."""

    tuner: str
    params: IspParams
    terms: torch.Tensor
    seconds: float
    queries: int
    renders: int


class Unkept:
    """What is kept of a benchmark so that it can go on: nothing. `made` is asked where nothing is there."""

    def tuned(self, tuner: str, made: Callable[[], Tuned]) -> Tuned:
        """Return a tuner's answers."""
        return made()

    def results(self, image: str, made: Callable[[], list[Result]]) -> list[Result]:
        """Return all tuners' results on a raw."""
        return made()


def run_benchmark(
    core: IspCore,
    frames: Sequence[RawFrame],
    tuners: Sequence[Tuner],
    judges: Sequence[Judge],
    scene_of: Callable[[str], str],
    progress: Callable[[int], object] = lambda done: None,
    keep: Callable[[str, str, torch.Tensor], object] = lambda image, tuner, rgb: None,
    kept: Unkept | None = None,
) -> list[Result]:
    """Return a result per raw and tuner, raw by raw; `keep` receives each full-size render (3, H, W) and may store it.

    `frames` are the core's, in its order and in full size: `shelved` keeps them on disk. The judges, one at least, have names
    of their own (`distinct`). `progress` is told of each raw tuned, and again of each picture judged. What `kept` has of a
    tuner or of a raw is not asked for again.
    """
    kept = kept or Unkept()
    seconds_of_looking, tuned, results = _seconds_of_looking(core), [], []
    for tuner in tuners:
        tuned.append(kept.tuned(tuner.name, partial(_tuned, core, tuner, seconds_of_looking)))
        progress(len(core))
    for index, frame in enumerate(frames):
        made = partial(_results, core, frame, index, tuned, judges, scene_of(frame.name), keep)
        results += kept.results(frame.name, made)
        progress(len(tuned))
    return results


def _results(
    core: IspCore,
    frame: RawFrame,
    index: int,
    tuned: Sequence[Tuned],
    judges: Sequence[Judge],
    scene: str,
    keep: Callable[[str, str, torch.Tensor], object],
) -> list[Result]:
    """All tuners' results on one raw; the same parameters are rendered and judged once."""
    looked: dict[tuple[float, ...], tuple] = {}
    results = []
    for each in tuned:
        row = each.params.take(torch.tensor([index]))
        recipe = row.to_dicts()[0]
        if (values := tuple(recipe.values())) not in looked:
            looked[values] = _looked_at(core.isp, frame, row, judges)
        rgb, scores, measures = looked[values]
        keep(frame.name, each.tuner, rgb)
        terms = dict(zip(TERMS, each.terms[index].tolist(), strict=True))
        price = (each.queries, each.renders, each.seconds)
        results.append(Result(each.tuner, frame.name, scene, scores, terms, measures, recipe, *price))
    return results


def _looked_at(
    isp: Isp, frame: RawFrame, params: IspParams, judges: Sequence[Judge]
) -> tuple[torch.Tensor, dict[str, float], dict[str, float]]:
    rgb = isp.full(frame, params, judges[0].device)
    scores = {judge.name: float(judge.score(rgb[None])[0]) for judge in judges}
    return rgb, scores, PictureMeasures.of(rgb[None]).row(0)


def _seconds_of_looking(core: IspCore) -> float:
    """Render and score every raw at the camera default, unless that is done, and return what it took for each."""
    start = time.perf_counter()
    _ = core.default_scores
    return (time.perf_counter() - start) / len(core)


def _tuned(core: IspCore, tuner: Tuner, seconds_of_looking: float) -> Tuned:
    start = time.perf_counter()
    params = tuner.tune(core)
    seconds = (time.perf_counter() - start) / len(core)
    whole = seconds + tuner.looks * seconds_of_looking
    return Tuned(tuner.name, params, gained_terms(core, params), whole, tuner.queries, tuner.renders)


@torch.no_grad()
def gained_terms(core: IspCore, params: IspParams) -> torch.Tensor:
    """Return (N, terms): how much each raw's parameters raise the terms of its value; the camera default is not asked again."""
    actions = params.to(core.device).to_action(core.task.profile)
    default = first_state(core).terms
    gains = torch.zeros_like(default)
    changed = ((actions - core.identity).abs().amax(1) > SAME_ACTION).nonzero()[:, 0]
    for ids in changed.split(CHUNK) if len(changed) else ():
        gains[ids] = core.appraise(ids, actions[ids]).terms - default[ids]
    return gains.cpu()


def shelved(frames: Iterable[RawFrame], folder: Path, shelf: list[RawFrame]) -> Iterator[RawFrame]:
    """Return the same frames; each is put on `shelf` as well, its samples as a file in `folder` that is read where it is needed.

    So a raw is decoded once, and full-size samples of one are in memory at a time.
    """
    for frame in frames:  # enumerate would hold each while the next is read
        path = folder / f"{len(shelf)}.npy"
        np.save(path, frame.samples, allow_pickle=False)
        shelf.append(replace(frame, samples=np.load(path, mmap_mode="c", allow_pickle=False)))
        yield frame
        del frame  # before the next is read


def same_scores(one: Judge, other: Judge) -> bool:
    """Return whether two judges are one: the same weights, looked at through however many crops or called whatever."""
    return one.sha256 == other.sha256


def share_weights(one: Judge, other: Judge) -> bool:
    """Return whether two judges are one, or have a part in common: neither is held out from the other."""
    return not {part.sha256 for part in parts_of(one)}.isdisjoint(part.sha256 for part in parts_of(other))


def distinct(judges: Iterable[Judge]) -> list[Judge]:
    """Return the judges, each once. Raises: UsageError if two different ones have the same name."""
    found: dict[str, Judge] = {}
    for judge in judges:
        if not same_scores(found.setdefault(judge.name, judge), judge):
            raise UsageError(
                f"--judges: two different judges are called {judge.name}; name one of their folders otherwise"
            )
    return list(found.values())
