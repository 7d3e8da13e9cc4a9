"""What the samplers are worth: `python -m experiments.study.planning.sampler_errors` prints the table that docs/study.md shows.

Simulated studies with known strengths: raters join (`at_once` of them together), get their lists, and vote by Bradley-Terry.
Every sampler gets as many votes; the strengths are then fitted alike and compared with the true ones.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import expit
from scipy.stats import kendalltau

from experiments.study.design.assignment import SAMPLERS, Placed, empty_ledger, list_for
from experiments.study.design.ledger import Ledger, other_arm
from experiments.study.design.posterior import posterior, wins_of
from experiments.study.trials import Comparison

STRENGTHS = {"equal": 0.0, "near": 0.5, "apart": 1.5, "far apart": 3.0}
"""Standard deviation of the arms' true strengths, in logits."""

FIT_SD = 10.0
"""Prior of the fit that is judged, in logits: wide enough to leave it to the votes, narrow enough for an arm that always wins."""


@dataclass(frozen=True)
class Size:
    """A simulated study. `scene_sd` and `taste_sd`: how far an arm's strength differs by scene and by rater, in logits."""

    arms: int
    scenes: int = 10
    raters: int = 20
    per_rater: int = 20
    at_once: int = 1
    scene_sd: float = 0.0
    taste_sd: float = 0.0


@dataclass(frozen=True)
class Error:
    """How far a fitted scale is off: root mean square in logits, and 1 - Kendall's tau of the order (NaN: all are equal)."""

    scale: float
    order: float


def error_of(size: Size, strength_sd: float, sampler: str, seed: int) -> Error:
    """Return the error of one simulated study; the true strengths depend on the seed, not on the sampler."""
    strength = np.random.default_rng([seed, 0]).normal(size=size.arms)
    strength = strength_sd * (strength - strength.mean()) / strength.std()
    ledger = finished(size, strength, sampler, np.random.default_rng([seed, 1]))
    fitted = posterior(wins_of(ledger, _arms(size)), FIT_SD).mean
    tau: float = kendalltau(fitted, strength)[0]  # type: ignore[assignment]
    scale = float(np.sqrt(np.mean((fitted - fitted.mean() - strength) ** 2)))
    return Error(scale, 1 - tau if strength_sd else float("nan"))


def finished(size: Size, strength: np.ndarray, sampler: str, rng: np.random.Generator) -> Ledger:
    """Return the ledger of a study in which all raters finished; `strength` (arms,) in logits."""
    scenes = [f"scene{index:03}" for index in range(size.scenes)]
    of_scene = {scene: strength + size.scene_sd * rng.normal(size=size.arms) for scene in scenes}
    ledger = empty_ledger(Comparison(scene, *two) for scene in scenes for two in combinations(_arms(size), 2))
    for start in range(0, size.raters, size.at_once):
        lists: list[tuple[Placed, ...]] = []
        for _ in range(min(size.at_once, size.raters - start)):
            lists.append(list_for(ledger, size.per_rater, rng, sampler=sampler))
            ledger = ledger.with_reserved(lists[-1])
        for shown in lists:
            taste = size.taste_sd * rng.normal(size=size.arms)
            worth = {scene: dict(zip(_arms(size), of_scene[scene] + taste, strict=True)) for scene in scenes}
            votes = [
                (
                    each,
                    left,
                    float(rng.random() < expit(worth[each.scene][left] - worth[each.scene][other_arm(each, left)])),
                )
                for each, left in shown
            ]
            ledger = ledger.with_released(shown).with_votes(votes)
    return ledger


def _arms(size: Size) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[: size.arms]


def rows(sizes: list[Size], studies: int) -> Iterator[str]:
    """Yield the table in Markdown: errors by sampler, and how much better or worse than balanced, with a 95 % interval."""
    yield "| arms | raters at once | strengths | error | full | balanced | adaptive | adaptive less balanced |"
    yield "|---|---|---|---|---|---|---|---|"
    for size in sizes:
        for name, sd in STRENGTHS.items():
            found = {each: [error_of(size, sd, each, seed) for seed in range(studies)] for each in SAMPLERS}
            head = f"| {size.arms} | {size.at_once} | {name} ({sd}) |"
            yield f"{head} scale, logits |" + _cells({each: [one.scale for one in of] for each, of in found.items()})
            if sd:
                yield f"{head} 1 - tau |" + _cells({each: [one.order for one in of] for each, of in found.items()})


def _cells(errors: dict[str, list[float]]) -> str:
    difference = np.array(errors["adaptive"]) - np.array(errors["balanced"])
    half = 1.96 * difference.std(ddof=1) / np.sqrt(len(difference))
    means = " | ".join(f"{np.mean(of):.3f}" for of in errors.values())
    return f" {means} | {difference.mean():+.3f} ± {half:.3f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=200, help="simulated studies in each cell")
    parser.add_argument("--arms", type=int, nargs="+", default=[5, 8])
    parser.add_argument("--raters", type=int, default=20)
    parser.add_argument("--per-rater", type=int, default=20)
    parser.add_argument(
        "--at-once", type=int, default=1, help="raters who join before the votes of the others are there"
    )
    parser.add_argument("--scene-sd", type=float, default=0.0)
    parser.add_argument("--taste-sd", type=float, default=0.0)
    asked = vars(parser.parse_args())
    studies, arms = asked.pop("studies"), asked.pop("arms")
    for row in rows([Size(count, **asked) for count in arms], studies):
        print(row, flush=True)


if __name__ == "__main__":
    main()
