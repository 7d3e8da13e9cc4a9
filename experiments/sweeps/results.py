"""All trials of a sweep in a table, and the best of them."""

import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attiqa_core.files.tables import csv_text
from attiqa_core.files.whole import write_json, write_text
from experiments.sweeps.ledger import TRIALS, Trial
from experiments.sweeps.measured import JUDGED_BY
from experiments.sweeps.plan import Sweep, map_key

TABLE, SUMMARY = "trials.csv", "summary.json"


def write_results(folder: Path, sweep: Sweep, trials: Mapping[str, Trial]) -> dict[str, Any]:
    """Write trials.csv and summary.json, and return the latter."""
    swept = [*sweep.swept, *(["seed"] if sweep.seeds > 1 else [])]
    rows: list[list[Any]] = [["trial", *swept, sweep.judged_by, "state", "starts", "why"]]
    for name, trial in trials.items():
        values = [trial.setting.get(each) for each in swept]
        rows.append([name, *values, "" if trial.value is None else trial.value, trial.state, trial.starts, trial.why])
    write_text(folder / TABLE, csv_text(rows))
    summary = summary_of(sweep, trials)
    write_json(folder / SUMMARY, summary)
    return summary


def summary_of(sweep: Sweep, trials: Mapping[str, Trial]) -> dict[str, Any]:
    """Return what the sweep found. The best setting is that of the best mean over its seeds, all of them finished."""
    states = {state: [name for name, trial in trials.items() if trial.state == state] for state in _states(trials)}
    ranked = sorted(_finished_settings(sweep, trials), key=lambda each: each["value"], reverse=sweep.mode == "max")
    return {
        "format": "attiqa-sweep/1",
        "verb": sweep.verb,
        "metric": sweep.judged_by,
        "mode": sweep.mode,
        "measured_on": f"{JUDGED_BY[sweep.verb].part}: the best was chosen by it, so its number is no test result",
        "trials": len(trials),
        "states": {state: len(names) for state, names in states.items()},
        "not_finished": [name for state, names in states.items() if state != "finished" for name in names],
        "best": ranked[0] if ranked else None,
        "ranking": ranked,
    }


def _states(trials: Mapping[str, Trial]) -> list[str]:
    return sorted({trial.state for trial in trials.values()})


def _finished_settings(sweep: Sweep, trials: Mapping[str, Trial]) -> list[dict[str, Any]]:
    together: dict[Any, list[Trial]] = defaultdict(list)
    for trial in trials.values():
        own = {name: trial.setting[name] for name in sweep.swept}
        together[tuple(map(map_key, own.values()))].append(trial)
    rows = []
    for each in together.values():
        values = [trial.value for trial in each if trial.state == "finished" and trial.value is not None]
        if len(values) == len(each):
            mean = math.fsum(values) / len(values)
            setting = {name: each[0].setting[name] for name in sweep.swept}
            runs = [f"{TRIALS}/{trial.name}" for trial in each]
            rows.append({"setting": setting, "value": mean, "values": values, "runs": runs})
    return rows
