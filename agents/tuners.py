"""Tuners by name: what `attiqa benchmark --tuners` takes."""

from collections.abc import Callable, Sequence

from agents.baselines.default import DefaultTuner
from agents.baselines.gradient import GradientTuner
from agents.baselines.search import SobolTuner
from agents.tuner import Tuner
from attiqa_core.errors import UsageError
from attiqa_core.judges.judge import Judge
from isp_env.core import Task
from isp_env.reward_weights import RewardWeights

Build = Callable[[Judge, int, Task, RewardWeights, int], Tuner]
"""From scorer, queries per raw, task, reward weights and seed to a tuner."""

TUNERS: dict[str, Build] = {
    "default": lambda scorer, queries, task, weights, seed: DefaultTuner(),
    "sobol-N": SobolTuner,
    "gradient-N": lambda scorer, queries, task, weights, seed: GradientTuner(scorer, queries, task, weights),
}
"""A name that ends in -N is asked for with its number of queries: "sobol-16". A new tuner is a file and a row here."""

FEWEST_QUERIES = 2  # of a name with -N: the camera default and something to compare it with


def find_tuner(spec: str) -> tuple[Build, int]:
    """Return the row that "default" or "sobol-16" names, and the number of queries (0 without one).

    Raises: UsageError with the names there are.
    """
    kind, _, number = spec.rpartition("-")
    if number.isdecimal() and int(number) >= FEWEST_QUERIES and f"{kind}-N" in TUNERS:
        return TUNERS[f"{kind}-N"], int(number)
    if spec not in TUNERS or spec.endswith("-N"):
        *others, last = TUNERS
        raise UsageError(f"--tuners {spec}: is not {', '.join(others)} or {last} with N >= {FEWEST_QUERIES}")
    return TUNERS[spec], 0


def make_tuners(specs: Sequence[str], scorer: Judge, task: Task, weights: RewardWeights, seed: int) -> list[Tuner]:
    """Return the tuners named, each once; the camera default always leads. Raises: UsageError for an unknown name."""
    found = [find_tuner(spec) for spec in dict.fromkeys(["default", *specs])]
    return [build(scorer, queries, task, weights, seed) for build, queries in found]
