"""Score photographs with ATTIQA: MOS of about [0, 1] (higher is better), five attributes, and where the score comes from."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from attiqa_core.errors import UsageError
from attiqa_core.files import write_text
from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.judges.score_files import ScoredFile, UnreadableFile, score_files
from attiqa_core.photos.decode import find_images
from attiqa_core.runs import pick_device, progress
from attiqa_core.scorer import Scorer
from experiments.drawing.overlay import write_overlay
from experiments.drawing.score_table import ScoreTable
from experiments.drawing.sheets import is_sheet
from experiments.options.outcome import Outcome, count
from experiments.options.score import Config

SHOWN = 10
"""With a table on disk, only so many of the best and of the worst are printed."""


def run(config: Config) -> Outcome:
    """Print score and attributes per image, best first; images that cannot be read are reported and skipped."""
    config.check()
    found = [path for path in find_images(config.images) if path in config.images or not is_sheet(path)]
    scorer = create_metric(config.scorer, pick_device(config.device), config.crops)
    table = ScoreTable(scorer, config.csv)
    done = table.read() if config.resume else {}
    paths = [path for path in found if str(path) not in done]
    failures, rows = [], [done[str(path)] for path in found if str(path) in done]
    there = len(rows)
    for result in _with_progress(_scored(scorer, paths, config), len(paths)):
        if isinstance(result, ScoredFile):
            rows.append(table.row(result))
            table.append(rows[-1])
        else:
            failures.append(result.reason)
    if config.csv is not None:
        whole = {**done, **{row["image"]: row for row in rows}}
        write_text(config.csv, table.text(sorted(whole.values(), key=_worse)))
    rows.sort(key=_worse)
    _print(rows, scorer.attribute_names, everything=config.csv is None)
    scored = f"{count(len(rows) - there, 'picture')} scored by {scorer.name}"
    return Outcome(config.csv, scored + (f", {there} before" if there else ""), tuple(failures))


def _worse(row: dict[str, str]) -> float:
    return -float(row["score"])


def _scored(scorer: Judge, paths: list[Path], config: Config) -> Iterator[ScoredFile | UnreadableFile]:
    if config.maps is None:
        return score_files(scorer, paths, workers=config.workers)
    if not isinstance(scorer, Scorer):
        raise UsageError(f"--maps: need a scorer's pooled features, and {scorer.name} has none")
    folder, names = config.maps, overlay_names(paths)
    folder.mkdir(parents=True, exist_ok=True)
    return score_files(
        scorer,
        paths,
        workers=config.workers,
        look=lambda path, picture: write_overlay(scorer, picture, folder / names[path]),
    )


def overlay_names(paths: list[Path]) -> dict[Path, str]:
    """Return a file name for each path, the stem where it is unique, else as much of the path as tells them apart."""
    for depth in range(1, max((len(path.parts) for path in paths), default=1) + 1):
        names = {path: "_".join((*path.parts[-depth:-1], path.name.replace(".", "_"))) + ".png" for path in paths}
        if max(Counter(names.values()).values(), default=1) == 1:
            break
    return {path: name.replace("/", "") for path, name in names.items()}


def _with_progress(results: Iterator, total: int) -> Iterator:
    return iter(progress(results, total=total, label="score", unit="image"))


def _print(rows: list[dict[str, str]], attribute_names: tuple[str, ...], *, everything: bool) -> None:
    print(f"{'score':>7}  {'MOS':>6}  " + "  ".join(f"{name:>12}" for name in attribute_names) + "  image")
    few = everything or len(rows) <= 2 * SHOWN
    for row in rows if few else rows[:SHOWN]:
        print(_line(row, attribute_names))
    if not few:
        print(f"    ... {len(rows) - 2 * SHOWN} more ...")
        for row in rows[-SHOWN:]:
            print(_line(row, attribute_names))


def _line(row: dict[str, str], attribute_names: tuple[str, ...]) -> str:
    values = "  ".join(f"{float(row[name]):12.3f}" for name in attribute_names)
    return f"{float(row['score']):7.4f}  {float(row['mos']):6.2f}  {values}  {row['image']}"
