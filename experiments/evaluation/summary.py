"""Results over splits: median, range, intervals over splits and over images, paired comparisons, and their table."""

import statistics
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from attiqa_core.evaluation.intervals import DRAWS, Judged, compare, of_images, of_splits, resample_images
from experiments.evaluation.records import Cell, Row, cell_of

COEFFICIENTS = ("srocc", "plcc", "plcc_logistic", "krocc", "rmse", "feature_similarity")
OF_VOTES = ("accuracy", "accuracy_low", "accuracy_high", "pair_accuracy")
WITH_IMAGE_INTERVAL = ("srocc", "plcc")
COUNTS = (
    "trained_images",
    "tested_images",
    "votes",
    "ties_left_out",
    "unscored_left_out",
    "raters",
    "pairs",
    "pairs_with_majority",
    "scenes",
)
_MANY_TESTED = 200_000  # images over all splits; beyond that fewer draws

HEAD = (
    f"{'arm':<21} {'protocol':<12}{'trained':>8}  {'tested on':<16}{'images':>7}{'splits':>7}  "
    f"{'SROCC (range) [splits] [images]':<58}{'PLCC (logistic)':<17}similarity"
)
INTERVALS = """range: over the splits. [splits]: 95 % percentile bootstrap of the median over splits: other splits of the same images.
[images]: 95 % percentile bootstrap over images of the median over splits: other images of the same kind."""


def summarise(rows: Sequence[Row], predictions: Callable[[Cell, int], Judged]) -> dict[str, list[dict]]:
    """Return `results`, one entry per arm, protocol, share and tested set, and `comparisons` of arms on equal splits."""
    cells: dict[Cell, list[Row]] = {}
    for row in rows:
        cells.setdefault(cell_of(row), []).append(row)
    cells = {cell: sorted(group, key=lambda row: row["split"]) for cell, group in cells.items()}
    resampled = {
        cell: _resampled([predictions(cell, row["split"]) for row in group])
        for cell, group in cells.items()
        if "srocc" in group[0]
    }
    results = [_over_splits(cell, group, resampled.get(cell, {})) for cell, group in cells.items()]
    return {"results": results, "comparisons": _comparisons(cells, resampled)}


def _resampled(tests: list[Judged]) -> dict[str, np.ndarray]:
    total = sum(len(test.mos) for test in tests)
    draws = DRAWS if total <= _MANY_TESTED else DRAWS // 5
    return {name: resample_images(tests, name, draws) for name in WITH_IMAGE_INTERVAL}


def _over_splits(cell: Cell, rows: list[Row], resampled: dict[str, np.ndarray]) -> dict[str, Any]:
    result: dict[str, Any] = {**cell._asdict(), "splits": len(rows), "split_numbers": [row["split"] for row in rows]}
    result |= {name: round(statistics.median(row[name] for row in rows)) for name in COUNTS if name in rows[0]}
    for name in (*COEFFICIENTS, *OF_VOTES):
        if name in rows[0]:
            result[name] = spread([row[name] for row in rows])
    for name, values in resampled.items():
        result[name]["images_low"], result[name]["images_high"] = of_images(values) or (None, None)
    if rated := [row["attributes"] for row in rows if row.get("attributes")]:
        result["attributes"] = {name: spread([each[name] for each in rated]) for name in rated[0]}
    for name in ("best_on_val", "best_on_test"):
        noted = [row.get(name, {}) for row in rows]  # a split without any SROCC has no best epoch
        if any(noted):
            result[name] = {each: spread([note.get(each) for note in noted]) for each in ("srocc", "plcc", "epoch")}
    return result


def spread(values: Sequence[float | None]) -> dict[str, float | int | None]:
    """Return median, range and the interval over splits; null where no split has a value, `undefined` says how many."""
    defined = [value for value in values if value is not None]
    low, high = (of_splits(defined) if defined else None) or (None, None)
    return {
        "median": statistics.median(defined) if defined else None,
        "min": min(defined, default=None),
        "max": max(defined, default=None),
        "low": low,
        "high": high,
        "undefined": len(values) - len(defined),
    }


def _comparisons(cells: dict[Cell, list[Row]], resampled: dict[Cell, dict[str, np.ndarray]]) -> list[dict]:
    """Return, for each two arms with equal protocol, share and tested set, the second's SROCC less the first's."""
    compared = []
    for one, other in combinations(resampled, 2):
        if one[1:] != other[1:]:
            continue
        first, second = ({row["split"]: row["srocc"] for row in cells[cell]} for cell in (one, other))
        shared = [k for k in first if first[k] is not None and second.get(k) is not None]
        if not shared:
            continue
        entry = {**other._asdict(), "minus": one.arm, "coefficient": "srocc"}
        entry |= compare([second[k] for k in shared], [first[k] for k in shared])
        if list(first) == list(second):
            drawn = resampled[other]["srocc"] - resampled[one]["srocc"]
            entry["images_low"], entry["images_high"] = of_images(drawn) or (None, None)
        compared.append(entry)
    return compared


def table(summary: dict[str, list[dict]]) -> str:
    """Return the summary as aligned text."""
    ranked = [result for result in summary["results"] if "srocc" in result]
    voted = [result for result in summary["results"] if "accuracy" in result]
    lines = [HEAD, *map(_line, ranked)] if ranked else []
    lines += _best_epochs(ranked) + _attributes(ranked) + _votes(voted)
    if summary["comparisons"]:
        lines += ["", "Paired over splits (SROCC; splits share images, so p is too small for independent data):"]
        lines += [_comparison(each) for each in summary["comparisons"]]
    return "\n".join([*lines, "", INTERVALS])


def _line(result: dict) -> str:
    srocc, plcc = result["srocc"], result["plcc"]
    ranges = (("(", "min", "max", ")"), ("[", "low", "high", "]"), ("[", "images_low", "images_high", "]"))
    cells = " ".join(f"{a}{_number(srocc[low])} to {_number(srocc[high])}{b}" for a, low, high, b in ranges)
    similarity = _number(result.get("feature_similarity", {}).get("median")) if "feature_similarity" in result else ""
    return (
        f"{result['arm']:<21} {result['protocol']:<12}{result['trained_images']:>8}  {result['tested_on']:<16}"
        f"{result['tested_images']:>7}{result['splits']:>7}  {_number(srocc['median']) + ' ' + cells:<58}"
        f"{_number(plcc['median']) + ' (' + _number(result['plcc_logistic']['median']) + ')':<17}{similarity}"
    ).rstrip()


def _best_epochs(results: list[dict]) -> list[str]:
    labels = {"best_on_val": "best on validation", "best_on_test": "best on test: paper-style, optimistic"}
    return [
        f"{result['arm']:<21} {result['protocol']:<12}{label}: SROCC {_number(result[name]['srocc']['median'])}, "
        f"PLCC {_number(result[name]['plcc']['median'])}, epoch {result[name]['epoch']['median']:g} (medians)"
        for result in results
        for name, label in labels.items()
        if name in result
    ]


def _attributes(results: list[dict]) -> list[str]:
    rated = [result for result in results if "attributes" in result]
    head = "Attributes (SROCC of their scores with people's ratings, median; noisiness: higher is cleaner in both):"
    return ["", head, *map(_attribute_line, rated)] if rated else []


def _attribute_line(result: dict) -> str:
    share = "" if result["train_share"] == 1 else f", {result['train_share']:.0%} of the data"
    values = ", ".join(f"{name} {_number(each['median'])}" for name, each in result["attributes"].items())
    return f"  {result['arm']}, {result['protocol']} on {result['tested_on']}{share}: {values}"


def _votes(results: list[dict]) -> list[str]:
    return [
        f"{result['arm']:<21} {result['protocol']:<12}{result['tested_on']}: {_number(result['accuracy']['median'])} of "
        f"{result['votes']} votes ({_number(result['accuracy_low']['median'])} to "
        f"{_number(result['accuracy_high']['median'])}, clustered by {result['raters']} raters and {result['pairs']} "
        f"pairs), {_number(result['pair_accuracy']['median'])} of {result['pairs_with_majority']} majorities"
        for result in results
    ]


def _comparison(each: dict) -> str:
    p = "" if each["wilcoxon_p"] is None else f", Wilcoxon p {each['wilcoxon_p']:.3g}"
    images = ""
    if each.get("images_low") is not None:
        images = f", images {each['images_low']:+.3f} to {each['images_high']:+.3f}"
    splits = "" if each["low"] is None else f" (splits {each['low']:+.3f} to {each['high']:+.3f}{images})"
    share = "" if each["train_share"] == 1 else f", {each['train_share']:.0%} of the data"
    return (
        f"  {each['arm']} - {each['minus']}, {each['protocol']} on {each['tested_on']}{share}: "
        f"{each['median_difference']:+.3f}{splits}{p}, {each['splits']} splits"
    )


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
