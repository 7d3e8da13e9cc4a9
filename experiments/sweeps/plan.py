"""What a sweep's TOML may say."""

import itertools
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.described import read_toml
from experiments.sweeps.measured import JUDGED_BY

Scalar = bool | int | float | str
Setting = dict[str, Any]
"""The options of a trial that are swept, by name."""

OWN = ("out", "resume")
"""Options that a sweep gives itself."""


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers from low to high, both of them in it."""

    low: float
    high: float
    scale: Literal["linear", "log", "int", "log-int"] = "linear"

    def at(self, share: float) -> float | int:
        """Return the number at a share of the way, 0 to 1; four digits of it, so that a table can be read."""
        if self.scale.startswith("log"):
            found = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            found = self.low + share * (self.high - self.low)
        found = min(max(found, self.low), self.high)
        return round(found) if self.scale.endswith("int") else float(f"{found:.4g}")


class Sweep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sweep's TOML, checked."""

    verb: str
    fixed: dict[str, Any] = {}
    swept: dict[str, list[Any] | Range]
    search: Literal["grid", "random", "optuna"] = "grid"
    trials: int | None = None
    seeds: int = 1
    seed: int = 0
    metric: str | None = None
    mode: Literal["max", "min"] = "max"
    concurrent: int | None = None
    cpus: float = 1
    gpus: float = 0

    @property
    def judged_by(self) -> str:
        """The number that trials are compared by, as its file calls it."""
        return self.metric or JUDGED_BY[self.verb].metric

    def settings(self) -> Iterator[Setting]:
        """Yield the settings of a grid, or of a random search; a longer one begins with a shorter one's."""
        if self.search == "grid":
            lists = [given for given in self.swept.values() if not isinstance(given, Range)]
            yield from (dict(zip(self.swept, each, strict=True)) for each in itertools.product(*lists))
        else:
            for number in range(self.trials or 0):
                random = np.random.default_rng([self.seed, number])
                yield {name: _drawn(given, random) for name, given in self.swept.items()}

    def with_seeds(self, setting: Setting) -> Iterator[Setting]:
        """Yield a setting once for each seed; as it is where only one is asked for."""
        first = int(self.fixed.get("seed", 0))
        yield from [setting] if self.seeds == 1 else ({**setting, "seed": first + each} for each in range(self.seeds))


def read_sweep(path: Path) -> Sweep:
    """Return what a TOML file asks for. Raises: InputError naming what cannot be in it."""
    try:
        sweep = msgspec.convert(read_toml(path), Sweep)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: is no sweep ({error}); docs/scaling.md has an example") from error
    try:
        _check(sweep)
    except UsageError as error:
        raise InputError(f"{path}: {error}") from None
    return sweep


def _check(sweep: Sweep) -> None:
    if sweep.verb not in JUDGED_BY:
        raise UsageError(f"verb {sweep.verb!r} is none of {', '.join(JUDGED_BY)}")
    if not sweep.swept:
        raise UsageError("[swept] is empty; name an option with a list or a range of values")
    if twice := sorted(sweep.fixed.keys() & sweep.swept.keys()):
        raise UsageError(f"{twice[0]} is fixed and swept; leave it out of one of them")
    if own := [name for name in OWN if name in sweep.fixed or name in sweep.swept]:
        raise UsageError(f"{own[0]} is the sweep's own; leave it out")
    for name, given in sweep.swept.items():
        _check_values(name, given, sweep.search)
    if sweep.search == "grid" and sweep.trials is not None:
        raise UsageError("trials: a grid has as many as its lists give; leave it out, or use search = 'random'")
    if sweep.search != "grid" and (sweep.trials or 0) < 1:
        raise UsageError(f"search = {sweep.search!r} needs trials, 1 or more")
    if sweep.seeds < 1 or (sweep.concurrent or 1) < 1 or not sweep.cpus > 0 or sweep.gpus < 0:
        raise UsageError("seeds, concurrent: 1 or more; cpus above 0; gpus 0 or more")
    if sweep.seeds > 1 and ("seed" in sweep.swept or sweep.search == "optuna"):
        raise UsageError("seeds: is not for swept seeds, nor for search = 'optuna', which learns from one run of each")


def _check_values(name: str, given: list[Any] | Range, search: str) -> None:
    if isinstance(given, Range):
        if search == "grid":
            raise UsageError(f"{name}: a grid needs lists; use search = 'random' or 'optuna' with ranges")
        if not (math.isfinite(given.low) and math.isfinite(given.high) and given.low < given.high):
            raise UsageError(f"{name}: low {given.low:g} has to be below high {given.high:g}")
        if given.scale.startswith("log") and given.low <= 0:
            raise UsageError(f"{name}: low {given.low:g} has to be above 0 on a log scale")
    elif (
        not given
        or any(not isinstance(each, Scalar) for each in given)
        or len({map_key(each) for each in given}) < len(given)
    ):
        raise UsageError(f"{name}: give a list of different numbers or words")


def map_key(value: Any) -> tuple[str, Any]:
    """Return what tells a value from others: 1, 1.0 and true are three."""
    return type(value).__name__, value


def _drawn(given: list[Any] | Range, random: np.random.Generator) -> Any:
    return given.at(random.random()) if isinstance(given, Range) else given[int(random.integers(len(given)))]


def options_of(sweep: Sweep, setting: Mapping[str, Any]) -> dict[str, Any]:
    """Return a trial's options besides the sweep's own, in the words of the command line."""
    return {name.replace("-", "_"): value for name, value in {**sweep.fixed, **setting}.items()}
