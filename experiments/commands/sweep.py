"""Run a training command over many settings, each a run folder of its own."""

import itertools
from pathlib import Path

import msgspec

from agents.search import require_optuna
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.runs.lock import only_run_in
from experiments.options.outcome import Outcome, count
from experiments.options.sweep import Config
from experiments.running.command_line import parse_stored
from experiments.sweeps.ledger import read_trials
from experiments.sweeps.plan import Sweep, options_of, read_sweep
from experiments.sweeps.results import write_results
from experiments.sweeps.tuning import run_trials

BEGUN = "sweep.json"
FREE = ("trials", "concurrent", "cpus", "gpus")
"""What may change between the parts of a sweep: how many, and how many at once."""

LOOKED_AT = 16
"""Trials whose options are checked before anything is begun; a grid's may be thousands."""


def run(config: Config) -> Outcome:
    """Run every trial that is not done; those that fail are the outcome's failures."""
    config.check()
    sweep = read_sweep(config.sweep)
    if sweep.search == "optuna":
        require_optuna()
    _check_options(config.sweep, sweep, config.out)
    with only_run_in(config.out, "sweep"):
        _begin(config.out, sweep)
        try:
            run_trials(config.out, sweep, config.ray)
        finally:
            trials = read_trials(config.out)
            summary = write_results(config.out, sweep, trials)
    failures = tuple(f"{name}: {trial.why}" for name, trial in trials.items() if trial.state != "finished")
    done = f"{count(len(trials) - len(failures), 'trial')} of {len(trials):,} done"
    best = summary["best"]
    found = f"{done}; best {sweep.judged_by} {best['value']:.4g}: {best['runs'][0]}" if best else done
    return Outcome(config.out, found, failures, "failed")


def _begin(folder: Path, sweep: Sweep) -> None:
    """Write what the sweep is. Raises: UsageError if it was begun as another."""
    asked = msgspec.to_builtins(sweep)
    begun = read_json(folder / BEGUN) if (folder / BEGUN).exists() else asked
    for name in sorted(begun.keys() | asked.keys()):
        if name not in FREE and begun.get(name) != asked.get(name):
            raise UsageError(f"{folder}: was begun with {name} {begun.get(name)}, not {asked.get(name)}; use the same")
    write_json(folder / BEGUN, asked, seal=True)


def _check_options(path: Path, sweep: Sweep, out: Path) -> None:
    """Raises: InputError if the command itself would not take the options of the first trials."""
    first = {name: given[0] if isinstance(given, list) else given.at(0.5) for name, given in sweep.swept.items()}
    for setting in itertools.chain([first], itertools.islice(sweep.settings(), LOOKED_AT)):
        options = {**options_of(sweep, setting), "out": str(out / "trials" / "0000"), "resume": True}
        try:
            parse_stored(sweep.verb, options, path).check()
        except (UsageError, InputError) as error:
            raise InputError(f"{path}: `attiqa {sweep.verb}` does not take {setting}: {error}") from error
        except SystemExit as error:  # tyro's refusal, already printed
            raise InputError(f"{path}: `attiqa {sweep.verb}` does not take {options}") from error
