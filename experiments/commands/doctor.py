"""Say what this machine can do and what data is here, and how to get the rest. A broken installation is looked at as well."""

import json
from pathlib import Path

from attiqa_core.errors import one_line
from attiqa_isp.missing import missing
from experiments.doctor.fact import Places
from experiments.doctor.survey import as_json, lines, survey
from experiments.options.doctor import Config
from experiments.options.outcome import Outcome, count

FORMAT = "attiqa-doctor/1"


def run(config: Config) -> Outcome:
    """Print the machine, the data sets, what is missing; whatever is broken, there or here, is a failure (exit code 4)."""
    config.check()
    if config.fivek is not None:
        from experiments.doctor.data_sets import look_at_fivek

        return look_at_fivek(config, config.fivek)
    facts = survey(Places(Path.cwd()))
    found, text, broken = _data(config)
    failures = (*(fact.broken for fact in facts if fact.broken), *broken)
    if config.json:
        print(
            json.dumps({"format": FORMAT, "machine": as_json(facts), "data_sets": found, "broken": failures}, indent=1)
        )
    else:
        print("\n".join([*lines(facts), "", *text]))
    return Outcome(None, f"{count(len(found), 'data set')} in {config.data}", failures, failed="broken")


def _data(config: Config) -> tuple[list[dict[str, object]], list[str], tuple[str, ...]]:
    """The data sets as JSON and as lines, and what of them is broken; where their readers are not there, that."""
    try:
        from experiments.doctor import data_sets
    except ImportError as error:
        return [], [f"data sets: cannot be looked at ({one_line(str(error))})"], tuple(filter(None, [missing(error)]))
    findings, text = data_sets.data_sets(config)
    return data_sets.as_json(findings), text, data_sets.broken_among(findings)
