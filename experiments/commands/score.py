"""Score photographs with ATTIQA: MOS of about [0, 1] (higher is better), five attributes, and where the score comes from."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from statistics import fmean

from attiqa_core.errors import UsageError, one_line
from attiqa_core.evaluation.pooling import WORST, worst_mean
from attiqa_core.files.whole import write_text
from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.judges.score_files import ScoredFile, UnreadableFile, score_files
from attiqa_core.photos.frames import find_frames
from attiqa_core.photos.places import find_images
from attiqa_core.remote.address import as_written
from attiqa_core.runs.device import pick_device
from attiqa_core.runs.progress import progress
from attiqa_core.scorer import Scorer
from experiments.drawing.overlay import write_overlay
from experiments.drawing.score_table import ScoreTable, worse
from experiments.drawing.sheets import is_sheet
from experiments.options.outcome import Outcome, count, say
from experiments.options.score import Config, parts_of
from experiments.scaling.shared import run_shared

SHOWN = 10
"""With a table on disk, only so many of the best and of the worst are printed."""


def run(config: Config) -> Outcome:
    """Print score and attributes per image, best first; images that cannot be read are reported and skipped."""
    config.check()
    if config.scaling.is_shared and config.csv is not None:
        return run_shared("score", config, parts_of(config.csv))
    videos = {pattern: find_frames(pattern, config.every) for pattern in config.patterns}
    found = list(dict.fromkeys(chain(*videos.values()))) or _pictures(config.images)
    device = pick_device(config.device)
    scorer, *others = (create_metric(name, device, config.crops) for name in config.all_judges)
    table = ScoreTable(scorer, config.csv, dict(zip(config.judges, others, strict=True)))
    done = table.read(say) if config.resume else {}
    paths = [path for path in found if as_written(path) not in done]
    failures, rows = [], [done[name] for name in map(as_written, found) if name in done]
    there = len(rows)
    for result in _with_progress(_scored([scorer, *others], paths, config), len(paths)):
        if isinstance(result, ScoredFile):
            rows.append(table.row(result))
            table.append(rows[-1])
        else:
            failures.append(result.reason)
    order = _order_of(found)
    best = lambda row: (worse(row["score"]), order(row))  # noqa: E731 - not by what was there before
    if config.csv is not None:
        whole = {**done, **{row["image"]: row for row in rows}}
        write_text(config.csv, table.text(sorted(whole.values(), key=order if videos else best)))
    rows.sort(key=best)
    _print(rows, scorer.attribute_names, config.judges, everything=config.csv is None)
    for line in _video_lines(
        videos, rows, {"score": scorer.name, **dict(zip(config.judges, config.judges, strict=True))}
    ):
        print(line)
    scored = f"{count(len(rows) - there, 'picture')} scored by {' and '.join((scorer.name, *config.judges))}"
    return Outcome(config.csv, scored + (f", {there} before" if there else ""), tuple(failures))


def _pictures(images: tuple[Path, ...]) -> list[Path]:
    """The images, without the sheets that our own commands left in folders."""
    return [path for path in find_images(images) if path in images or not is_sheet(path)]


def _order_of(frames: list[Path]) -> Callable[[dict[str, str]], int]:
    """The key that puts rows in the order of frames; rows of other images come after them."""
    places = {as_written(path): place for place, path in enumerate(frames)}
    return lambda row: places.get(row["image"], len(places))


def _scored(judges: Sequence[Judge], paths: list[Path], config: Config) -> Iterator[ScoredFile | UnreadableFile]:
    first, *others = judges
    if config.maps is None:
        return score_files(first, paths, others=others, workers=config.workers)
    mapped = next((judge for judge in judges if isinstance(judge, Scorer)), None)
    if mapped is None:
        names = " and ".join(judge.name for judge in judges)
        raise UsageError(f"--maps: need an ATTIQA scorer's pooled features, and {names} has none")
    folder, names = config.maps, overlay_names(paths)
    folder.mkdir(parents=True, exist_ok=True)
    return score_files(
        first,
        paths,
        others=others,
        workers=config.workers,
        look=lambda path, picture: write_overlay(mapped, picture, folder / names[path]),
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


def _print(
    rows: list[dict[str, str]], attribute_names: tuple[str, ...], judges: tuple[str, ...], *, everything: bool
) -> None:
    columns = {name: max(12, len(name)) for name in (*attribute_names, *judges)}
    print(f"{'score':>7}  {'MOS':>6}  " + "  ".join(f"{name:>{width}}" for name, width in columns.items()) + "  image")
    few = everything or len(rows) <= 2 * SHOWN
    for row in rows if few else rows[:SHOWN]:
        print(_line(row, columns))
    if not few:
        print(f"    ... {len(rows) - 2 * SHOWN} more ...")
        for row in rows[-SHOWN:]:
            print(_line(row, columns))


def _line(row: dict[str, str], columns: dict[str, int]) -> str:
    values = "  ".join(f"{float(row[name]):{width}.3f}" for name, width in columns.items())
    return f"{float(row['score']):7.4f}  {float(row['mos']):6.2f}  {values}  {one_line(row['image'])}"


def _video_lines(videos: dict[Path, list[Path]], rows: list[dict[str, str]], judges: dict[str, str]) -> Iterator[str]:
    """Yield, for each video and judge (column -> name), the mean, the mean of the worst frames, and the worst frame."""
    by_image = {row["image"]: row for row in rows}
    for pattern, frames in videos.items():
        scored = [by_image[as_written(path)] for path in frames if as_written(path) in by_image]
        for column, judge in judges.items() if scored else ():
            scores = [float(row[column]) for row in scored]
            worst = scored[scores.index(min(scores))]["image"]
            yield (
                f"{pattern}: {count(len(scores), 'frame')}, {judge} mean {fmean(scores):.4f}, "
                f"worst {WORST:.0%} {worst_mean(scores):.4f}, worst frame {Path(worst).name}"
            )
