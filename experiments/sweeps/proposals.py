"""Which trial comes next: those of a list, or what Optuna makes of those that are finished."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attiqa_core.errors import UsageError
from experiments.sweeps.ledger import Trial, path_of, read_trial, read_trials, write_trial
from experiments.sweeps.plan import Range, Setting, Sweep, options_of


class Proposals:
    """The trials of a sweep in the order in which they are to be run; those that are done are not among them."""

    def __init__(self, folder: Path, sweep: Sweep):
        """Of a grid or a random search every trial is planned at once; what the ledger has stands before what is new."""
        self.folder, self.sweep = folder, sweep
        if sweep.search != "optuna":
            for number, setting in enumerate(sweep.settings()):
                for seeded in sweep.with_seeds(setting):
                    self._plan(_name(number, seeded, sweep), seeded)
        self.waiting = [name for name, trial in read_trials(folder).items() if trial.state != "finished"]

    @property
    def count(self) -> int:
        """How many trials the sweep has in all."""
        return len(read_trials(self.folder)) if self.sweep.search != "optuna" else self.sweep.trials or 0

    def next(self) -> str | None:
        """Return the name of the next trial, None if there is none."""
        if self.waiting:
            return self.waiting.pop(0)
        trials = read_trials(self.folder)
        if self.sweep.search != "optuna" or len(trials) >= (self.sweep.trials or 0):
            return None
        name = f"{len(trials):04d}"
        self._plan(name, proposed(self.sweep, trials))
        return name

    def _plan(self, name: str, setting: Setting) -> None:
        path = path_of(self.folder, name)
        options = options_of(self.sweep, setting)
        if not path.exists():
            new = Trial(name=name, verb=self.sweep.verb, setting=setting, options=options, metric=self.sweep.judged_by)
            write_trial(self.folder, new)
        elif read_trial(path).options != options:
            raise UsageError(f"{path}: is of other options; give another --out")


def _name(number: int, setting: Setting, sweep: Sweep) -> str:
    return f"{number:04d}" + (f"-seed-{setting['seed']}" if sweep.seeds > 1 else "")


def proposed(sweep: Sweep, trials: Mapping[str, Trial]) -> Setting:
    """Return what Optuna proposes after these trials; those that are not finished count as if they would be bad, so
    that others are proposed meanwhile."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    states = optuna.trial.TrialState
    space = {name: _distribution(given) for name, given in sweep.swept.items()}
    sampler = optuna.samplers.TPESampler(seed=sweep.seed + len(trials), constant_liar=True)
    direction = "maximize" if sweep.mode == "max" else "minimize"
    study = optuna.create_study(sampler=sampler, direction=direction)
    for trial in trials.values():
        state = {"finished": states.COMPLETE, "failed": states.FAIL}.get(trial.state, states.RUNNING)
        value = trial.value if trial.state == "finished" else None
        study.add_trial(optuna.trial.create_trial(params=trial.setting, distributions=space, state=state, value=value))
    asked = study.ask(space).params
    return {name: _rounded(sweep.swept[name], value) for name, value in asked.items()}


def _distribution(given: list[Any] | Range) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(given, Range):
        return CategoricalDistribution(given)
    is_log = given.scale.startswith("log")
    if given.scale.endswith("int"):
        return IntDistribution(round(given.low), round(given.high), log=is_log)
    return FloatDistribution(given.low, given.high, log=is_log)


def _rounded(given: list[Any] | Range, value: Any) -> Any:
    """Four digits, as of a random search, within the range."""
    if not isinstance(given, Range) or given.scale.endswith("int"):
        return value
    return min(max(float(f"{value:.4g}"), given.low), given.high)
