"""Numbers of an algorithm by trial: each trial is a whole training, and the validation scenes judge it.

The next numbers follow from the seed and the trials before them alone, so that a search goes on where it was stopped. Optuna's
tree-structured Parzen estimator proposes them: Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.algorithms import numbers_of
from attiqa_core.errors import UsageError

if TYPE_CHECKING:
    import optuna

OPTUNA = "optuna"
STARTUP_TRIALS = 5  # drawn at random before the estimator has something to go by


@dataclass(frozen=True)
class Range:
    """Where a number is searched: times the preset's value if `relative`, on a logarithmic scale if `log`."""

    low: float
    high: float
    relative: bool = False
    log: bool = False
    whole: bool = False


RANGES: Mapping[str, Range] = {
    "lr": Range(0.1, 10, relative=True, log=True),
    "batch_size": Range(0.5, 4, relative=True, log=True, whole=True),
    "reach": Range(0.2, 1.0),
    "weight_decay": Range(0.1, 10, relative=True, log=True),
    "reward_scale": Range(0.2, 5, relative=True, log=True),
    "n_steps": Range(0.5, 4, relative=True, log=True, whole=True),
    "n_epochs": Range(2, 12, whole=True),
    "target_kl": Range(0.005, 0.05, log=True),
    "clip_range": Range(0.1, 0.3),
    "log_std": Range(-2.5, -0.5),
    "tau": Range(0.002, 0.05, log=True),
    "exploration": Range(0.05, 0.4, log=True),
    "gradient_steps": Range(1, 64, log=True, whole=True),
}
"""What is searched, of what an algorithm's preset has; the rest stays. gradient_steps = -1, as many as steps, is not moved."""


@dataclass(frozen=True)
class Trial:
    """A training's numbers and what the validation scenes gave it."""

    numbers: Mapping[str, Any]
    reward: float


def require_optuna() -> None:
    """Raises: UsageError where the extra is missing."""
    if find_spec(OPTUNA) is None:
        raise UsageError("--search: needs the extra: pip install 'attiqa-isp[search]'")


def searched(algorithm: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the numbers that are searched: those of the preset that have a range and are not given."""
    return tuple(_ranges(algorithm, given))


def proposal(algorithm: str, given: Mapping[str, Any], seed: int, past: Sequence[Trial]) -> dict[str, Any]:
    """Return the numbers of the next trial; the first is the preset itself, which the others have to beat."""
    numbers = numbers_of(algorithm, given)
    if not past:
        return numbers
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    own_seed = int(np.random.SeedSequence((seed, len(past))).generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(seed=own_seed, n_startup_trials=STARTUP_TRIALS)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    ranges = _ranges(algorithm, given)
    for trial in past:
        params = {name: trial.numbers[name] for name in ranges}
        study.add_trial(optuna.trial.create_trial(params=params, distributions=ranges, value=trial.reward))
    return {**numbers, **study.ask(ranges).params}


def best_of(trials: Sequence[Trial]) -> int:
    """Return the number of the trial that the validation scenes like best."""
    return max(range(len(trials)), key=lambda number: trials[number].reward)


def _ranges(algorithm: str, given: Mapping[str, Any]) -> "dict[str, optuna.distributions.BaseDistribution]":
    import optuna

    found = {}
    for name, value in numbers_of(algorithm, {}).items():
        row = RANGES.get(name)
        if row is None or name in given or (name == "gradient_steps" and value < 1):
            continue
        low, high = (end * value for end in (row.low, row.high)) if row.relative else (row.low, row.high)
        low, high = min(low, value), max(high, value)
        if row.whole:
            found[name] = optuna.distributions.IntDistribution(max(1, round(low)), round(high), log=row.log)
        else:
            found[name] = optuna.distributions.FloatDistribution(low, high, log=row.log)
    return found
