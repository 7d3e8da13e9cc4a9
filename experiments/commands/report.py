"""Make one HTML file of a benchmark: pictures, tables, curves, and what was not proved; it needs nothing beside it."""

import csv
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from agents.audit.said import in_a_sentence, is_safe
from agents.bundles.names import DESCRIPTION
from attiqa_core.errors import InputError
from attiqa_core.files.damaged import refusing
from attiqa_core.files.tables import plain_cell
from attiqa_core.files.whole import read_json, write_text
from experiments.commands.plot import names_of, read_metrics, with_seeds
from experiments.drawing.benchmark_files import picture_path
from experiments.drawing.benchmark_table import climbed_as
from experiments.drawing.report_judges import judged_raws, judges_of
from experiments.drawing.report_page import MORE_PAIRS, Examined, Example, report_page
from experiments.drawing.standings_file import check_standings
from experiments.options.outcome import Outcome, count
from experiments.options.report import Config
from experiments.rendering.benchmarked import read_benchmark

STANDINGS = "standings.json"
Rows = list[dict[str, str]]


def run(config: Config) -> Outcome:
    """Read the runs and write the page."""
    config.check()
    benchmarks = [run for run in config.runs if (run / STANDINGS).is_file()]
    trained = [run for run in config.runs if (run / DESCRIPTION).is_file()]
    for folder in config.runs:
        if folder not in (*benchmarks, *trained):
            raise InputError(
                f"{folder}: is no run of `attiqa benchmark` or `attiqa train`; name the folder that one wrote"
            )
    if len(benchmarks) != 1:
        raise InputError(f"{count(len(benchmarks), 'benchmark')} named; a report is about one, name its folder")
    folder = benchmarks[0]
    stored = read_json(folder / STANDINGS)
    check_standings(folder / STANDINGS, stored)
    tables = [_examined(folder, name, stored) for name in stored["tables"]]
    learned = with_seeds(tuple(trained))
    names = names_of(learned) if learned else {}
    trainings = {names[run]: read_metrics(run) for run in learned}
    facts = _facts(stored, read_json(folder / "meta.json"))
    verdicts = {name: Path(policy["run"]) for name, policy in stored["policies"].items()}
    facts |= {f"verdict on {name}": in_a_sentence(run) for name, run in verdicts.items()}
    facts["people"] = how_to_ask_people(folder, stored["shown"])
    unsafe = [name for name, run in verdicts.items() if not is_safe(run)]
    write_text(config.out, report_page(config.title, stored, facts, tables, trainings, unsafe))
    return Outcome(config.out, f"1 report written about {count(tables[0].images, 'raw')}")


def _examined(folder: Path, name: str, stored: Mapping[str, Any]) -> Examined:
    """Gains and pictures of one table."""
    table, shown = stored["tables"][name], stored["shown"]
    path, judges = folder / table["results"], judges_of(stored, name)
    with refusing(path, "run `attiqa benchmark` again"), path.open(encoding="utf-8", newline="") as file:
        results = [{key: plain_cell(cell) for key, cell in row.items()} for row in csv.DictReader(file)]
        gains = gains_by_image(results)
        judged = judged_raws(results, shown, judges)
    examples = [
        _example(folder, image, shown, f"{place.capitalize()} scene: {image}, {gains[shown][image]:+.4f}")
        for place, image in table["examples"].items()
    ]
    others = sorted(set(gains[shown]) - set(table["examples"].values()), key=lambda image: -gains[shown][image])
    further = [_example(folder, image, shown, f"{image}, {gains[shown][image]:+.4f}") for image in _spread(others)]
    kinds = ("constant", "mean-action")
    compared = [row for row, about in stored["rows"].items() if about["kind"] in kinds and about["policy"] == shown]
    scenes = {row["image"]: row["scene"] for row in results}
    by_scene = {row: _by_scene(gains[row], scenes) for row in (shown, *compared)}
    return Examined(name, examples, further, by_scene, len(scenes), judged)


def gains_by_image(results: Rows) -> dict[str, dict[str, float]]:
    """Return each row's gain in score over the camera default, by raw."""
    default = {row["image"]: float(row["score"]) for row in results if row["tuner"] == "default"}
    gains: dict[str, dict[str, float]] = {}
    for row in results:
        gains.setdefault(row["tuner"], {})[row["image"]] = float(row["score"]) - default[row["image"]]
    return gains


def how_to_ask_people(folder: Path, shown: str) -> str:
    """Return that a benchmark asked no people which pictures they prefer, and the commands that do."""
    arms = " ".join(shlex.quote(f"arms/{row}") for row in ("default", shown))
    try:
        read_benchmark(folder)
    except InputError:  # another program's parameters, which are not rendered again
        render = "render both with that program"
    else:
        rows = f"--tuners default {shlex.quote(shown)} --out arms"
        render = f"attiqa render RAWS --benchmark {shlex.quote(str(folder))} {rows}"
    return f"were not asked which they prefer. To ask them: {render}; attiqa study export {arms} --out study"


def _by_scene(gains: Mapping[str, float], scenes: Mapping[str, str]) -> dict[str, float]:
    return {
        scene: float(np.mean([gain for image, gain in gains.items() if scenes[image] == scene]))
        for scene in dict.fromkeys(scenes.values())
    }


def _spread(images: list[str]) -> list[str]:
    """At most MORE_PAIRS of them, evenly from the best to the worst."""
    places = np.linspace(0, len(images) - 1, min(len(images), MORE_PAIRS)).round().astype(int)
    return [images[place] for place in places]


def _example(folder: Path, image: str, shown: str, caption: str) -> Example:
    pictures = (picture_path(folder, image, row) for row in ("default", shown))
    return Example(caption, *(path.read_bytes() for path in pictures))


def _facts(stored: Mapping[str, Any], meta: Mapping[str, Any]) -> dict[str, str]:
    """What was tuned and on what, by name."""
    row, scorer = stored["tables"]["plain"]["standings"][0], stored["scorer"]
    gate = scorer["gate"]
    state = "no report about its gate was found" if gate is None else "passed its gate"
    if gate and not gate["passed"]:
        state = f"FAILS its gate on {', '.join(gate['failures'])}"
    lead = stored["judge"]
    score_by = f"{lead}, {climbed_as(lead)}" if lead in stored["climbed"] else lead
    facts = {
        "raws": f"{row['images']} of {row['scenes']} scenes, held out as they were named to the benchmark",
        "scorer": f"{scorer['name']} ({scorer['sha256'][:12]}), {state}",
        "score by": score_by,
        "seed": str(meta["seed"]),
        "processor": f"{meta['device']}, {count(meta['threads'], 'thread')}",
        "commit": meta["commit"],
        "written": meta["written"],
    }
    if stored["errors"]:
        facts["errors"] = f"each raw {count(stored['errors'], 'time')} with drawn errors of exposure and white balance"
    for name, policy in stored["policies"].items():
        told = {key: value for key, value in policy["training"].items() if isinstance(value, str | int | float)}
        facts[f"policy {name}"] = "; ".join([policy["run"], *(f"{key} {value}" for key, value in told.items())])
    return facts
