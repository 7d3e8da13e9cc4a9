"""Compare two images, or two folders paired by file name: MOS and attribute differences with a paired test."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from attiqa_core.errors import InputError
from attiqa_core.evaluation.intervals import CONFIDENCE
from attiqa_core.files.whole import replacing, write_json, write_text
from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.judges.score_files import ScoredFile, score_files
from attiqa_core.photos.decode import read_rgb
from attiqa_core.photos.places import find_images, is_folder
from attiqa_core.remote.address import as_written
from attiqa_core.runs.device import pick_device
from attiqa_core.runs.progress import progress
from experiments.drawing.pictures_by_name import pictures_by_name
from experiments.drawing.score_table import as_csv
from experiments.options.compare import Config
from experiments.options.outcome import Outcome, count

RESAMPLES = 9999


def run(config: Config) -> Outcome:
    """Print the differences B - A; what has no partner or cannot be read is reported."""
    config.check()
    pairs, unmatched = pair_up(config.a, config.b)
    scorer = create_metric(config.scorer, pick_device(config.device), config.crops)
    values, unreadable = _values(scorer, pairs, config.workers)
    names = [name for name in pairs if name in values]
    if not names:
        why = (unreadable + unmatched)[0]
        raise InputError(f"{as_written(config.a)} and {as_written(config.b)}: no pair of images can be compared: {why}")
    columns = ("MOS", *scorer.attribute_names)
    table = np.array([values[name] for name in names])
    rows = [{"what": column, **paired_difference(table[:, 0, k], table[:, 1, k])} for k, column in enumerate(columns)]
    print(_table(rows, config, len(names)))
    if config.csv is not None:
        header = ("image", *(f"{column}_{side}" for column in columns for side in ("a", "b", "difference")))
        write_text(config.csv, as_csv(header, [(name, *_cells(pair)) for name, pair in zip(names, table, strict=True)]))
    if config.json is not None:
        made = {"a": as_written(config.a), "b": as_written(config.b), "scorer": scorer.sha256, "crops": scorer.crops}
        write_json(config.json, {**made, "unmatched": unmatched, "unreadable": unreadable, "differences": rows})
    if config.sheet is not None:
        _draw_sheet(config, table[0, :, 0])
    done = f"{count(len(names), 'pair')} compared by {scorer.name}"
    return Outcome(config.csv or config.json or config.sheet, done, (*unmatched, *unreadable))


def pair_up(a: Path, b: Path) -> tuple[dict[str, tuple[Path, Path]], list[str]]:
    """Return images that belong together, by name, and a sentence for every image that has no partner.

    Files of two folders belong together if their paths below the folders agree but for the suffix. Raises: InputError
    if a folder is missing or empty, or holds two files of one name.
    """
    if not (is_folder(a) and is_folder(b)):
        (first,), (second,) = find_images([a]), find_images([b])
        return {f"{first.name} and {second.name}": (first, second)}, []
    left, right = _by_name(a), _by_name(b)
    alone = [f"{as_written(left[name])}: has no partner in {as_written(b)}" for name in left if name not in right]
    alone += [f"{as_written(right[name])}: has no partner in {as_written(a)}" for name in right if name not in left]
    return {name: (left[name], right[name]) for name in left if name in right}, alone


def _by_name(folder: Path) -> dict[str, Path]:
    found = pictures_by_name(folder, find_images([folder]))
    for paths in found.values():
        if len(paths) > 1:
            raise InputError(
                f"{as_written(paths[1])}: {paths[0].name} has the same name but for the suffix; keep one of them"
            )
    return {name: paths[0] for name, paths in found.items()}


def _values(
    scorer: Judge, pairs: dict[str, tuple[Path, Path]], workers: int | None
) -> tuple[dict[str, tuple], list[str]]:
    """MOS and attributes of both images of each readable pair, and a sentence for every unreadable image."""
    paths = [path for pair in pairs.values() for path in pair]
    results = progress(score_files(scorer, paths, workers=workers), total=len(paths), label="compare", unit="image")
    read, failures = {}, []
    for result in results:
        if isinstance(result, ScoredFile):
            read[result.path] = (result.mos, *result.attributes)
        else:
            failures.append(result.reason)
    both = {name: (read[a], read[b]) for name, (a, b) in pairs.items() if a in read and b in read}
    return both, failures


def paired_difference(a: np.ndarray, b: np.ndarray) -> dict[str, float | int | None]:
    """Return means, the mean of b - a with its 95 % bootstrap interval, the Wilcoxon signed-rank p, and who is ahead.

    The interval resamples pairs (BCa) and needs three that are not all alike; p is null where every difference is zero.
    `b_higher` counts ties half.
    """
    difference = np.asarray(b, np.float64) - np.asarray(a, np.float64)
    low = high = p = None
    if len(difference) >= 3 and np.ptp(difference) > 0:
        drawn = stats.bootstrap(
            (difference,), np.mean, n_resamples=RESAMPLES, confidence_level=CONFIDENCE, rng=np.random.default_rng(0)
        )
        low, high = (float(end) for end in drawn.confidence_interval)
    if len(difference) >= 2 and np.any(difference):
        p = float(stats.wilcoxon(difference).pvalue)  # type: ignore[attr-defined]
    return {
        "pairs": len(difference),
        "mean_a": float(np.mean(a)),
        "mean_b": float(np.mean(b)),
        "difference": float(difference.mean()),
        "low": low,
        "high": high,
        "wilcoxon_p": p,
        "b_higher": float(np.mean((np.sign(difference) + 1) / 2)),
    }


def _table(rows: list[dict], config: Config, pairs: int) -> str:
    lines = [f"A: {as_written(config.a)}", f"B: {as_written(config.b)}", f"{'':<14}{'A':>10}{'B':>10}{'B - A':>10}"]
    if pairs > 1:
        lines[-1] += f"  {'95 % interval':<22}{'Wilcoxon p':>11}{'B higher':>10}"
    for row in rows:
        line = f"{row['what']:<14}{row['mean_a']:>10.3f}{row['mean_b']:>10.3f}{row['difference']:>+10.3f}"
        if pairs > 1:
            interval = "undefined" if row["low"] is None else f"{row['low']:+.3f} to {row['high']:+.3f}"
            p = "undefined" if row["wilcoxon_p"] is None else f"{row['wilcoxon_p']:.2g}"
            line += f"  {interval:<22}{p:>11}{row['b_higher']:>10.0%}"
        lines.append(line)
    if pairs > 1:
        lines.append(
            f"{pairs} pairs, means over them; p is unadjusted: MOS is the question, attributes are its explanation"
        )
    return "\n".join(lines)


def _cells(pair: np.ndarray) -> tuple:
    return tuple(value for a, b in pair.T.tolist() for value in (a, b, b - a))


def _draw_sheet(config: Config, mos: np.ndarray) -> None:
    """Both images beside each other, the better one's title in bold."""
    assert config.sheet is not None
    figure = Figure(figsize=(12, 5.5), layout="constrained", dpi=110)
    for axis, path, value in zip(figure.subplots(1, 2), (config.a, config.b), mos, strict=True):
        axis.imshow(read_rgb(path))
        axis.set_title(f"{path.name}: MOS {value:.2f}", fontweight="bold" if value == mos.max() else "normal")
        axis.set_axis_off()
    with replacing(config.sheet) as temporary:
        figure.savefig(temporary, format="png")
