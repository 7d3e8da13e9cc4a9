"""Plot runs: curves of networks and of agents, ranking accuracy per attribute, predicted against rated MOS, each with a CSV."""

import csv
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.files.damaged import refusing
from attiqa_core.files.lines import read_lines
from experiments.drawing.plots import draw_agents, draw_curves, draw_ranking_accuracy, draw_scatter
from experiments.options.outcome import Outcome, count
from experiments.options.plot import Config
from isp_env.reward import TERMS


def run(config: Config) -> Outcome:
    """Draw everything that the runs hold into one folder."""
    config.check()
    runs = with_seeds(config.runs)
    names = names_of(runs)
    metrics = {names[folder]: rows for folder in runs if (rows := read_metrics(folder))}
    predictions = {
        f"{names[folder]}_{path.stem}" if len(runs) > 1 else path.stem: path
        for folder in runs
        for path in sorted((folder / "predictions").glob("*.csv"))
    }
    empty = [folder for folder in runs if names[folder] not in metrics and not _has_predictions(folder)]
    if empty:
        raise InputError(f"{empty[0]}: holds neither metrics.jsonl nor predictions/*.csv; name a run folder")
    drawn = draw(metrics, predictions, config.out)
    print("\n".join(str(path) for path in drawn))
    return Outcome(config.out, f"{count(len(drawn), 'plot')} drawn of {count(len(config.runs), 'run')}")


def draw(metrics: dict[str, list[dict]], predictions: dict[str, Path], out: Path) -> list[Path]:
    """Draw all plots there is something for and return the pictures' paths."""
    agents = {name: rows for name, rows in metrics.items() if "timesteps" in rows[0]}
    networks = {name: rows for name, rows in metrics.items() if name not in agents}
    drawn = [draw_curves(networks, out / "training_curves.png")] if networks else []
    if agents:
        drawn.append(draw_agents(agents, TERMS, out / "agents.png"))
    for name, rows in metrics.items():
        if any("held_out_ranking_accuracy" in row for row in rows):
            drawn.append(draw_ranking_accuracy(name, rows, out / f"ranking_accuracy_{name}.png"))
    return drawn + [
        draw_scatter(name, read_predictions(path), out / f"{name}.png") for name, path in predictions.items()
    ]


def with_seeds(runs: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the runs, a training of several seeds replaced by the folders of its seeds."""
    return tuple(each for run in runs for each in (sorted(run.glob("seed-*"), key=_seed) or [run]))


def _seed(folder: Path) -> int:
    return int(folder.name.removeprefix("seed-"))


def names_of(runs: tuple[Path, ...]) -> dict[Path, str]:
    """Return a name per run folder, with its parents' as far as needed to tell them apart."""
    depth = 1
    while depth < max(len(run.resolve().parts) for run in runs):
        names = {run: "_".join(run.resolve().parts[-depth:]) for run in runs}
        if len(set(names.values())) == len(names):
            return names
        depth += 1
    return {run: "_".join(run.resolve().parts[1:]) for run in runs}


def _has_predictions(folder: Path) -> bool:
    return any((folder / "predictions").glob("*.csv"))


def read_metrics(folder: Path) -> list[dict]:
    """Return the rows of a run's metrics.jsonl, none if it has no such file; a line cut off at the end is left out.

    Raises: InputError naming file and line for one that is not as it was written.
    """
    rows = read_lines(folder / "metrics.jsonl", "take it out", unchecked_too=True)
    return [row for row in rows if "epoch" in row or "timesteps" in row]


def read_predictions(path: Path) -> list[tuple[str, float, float]]:
    """Return (image, mos, predicted) rows. Raises: InputError naming file and line if a cell is missing or no number."""
    with refusing(path, "plot a table of predictions"), path.open(encoding="utf-8-sig", newline="") as file:
        rows = []
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                rows.append((row["image"], float(row["mos"]), float(row["predicted"])))
            except (KeyError, TypeError, ValueError) as error:
                raise InputError(f"{path}:{number}: needs the columns image,mos,predicted with numbers") from error
    if not rows:
        raise InputError(f"{path}: holds no predictions")
    return rows
