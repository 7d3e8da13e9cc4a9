"""A table of the paper with our rows, as Markdown that also reads as plain text. Pure."""

from collections.abc import Sequence
from pathlib import Path

from experiments.paper.stored_results import Evaluation, Found, card
from experiments.paper.table import OurRow, PaperTable, differences, options_for, ours
from experiments.paper.targets import Column, Target, read_targets

METRICS = {
    "srocc": "SROCC",
    "plcc": "PLCC",
    "feature_similarity": "cosine",
    "accuracy": "accuracy",
}


def columns_of(targets: Sequence[Target]) -> list[Column]:
    """Return the table's columns in the paper's order."""
    return list(dict.fromkeys(target.column for target in targets))


def markdown(table: PaperTable, evaluations: Sequence[Evaluation], here: dict[str, str], data: Path | None) -> str:
    """Return the paper's rows, ours with the difference from its own, intervals, what was measured otherwise, protocol
    cards and what is not run."""
    targets = read_targets(table.name)
    columns = columns_of(targets)
    paper: dict[str, dict[Column, str]] = {}
    for target in targets:
        paper.setdefault(target.method, {})[target.column] = target.value
    found = ours(table, columns, evaluations)
    lines = [f"## {table.title}", "", table.note, ""]
    lines += grid(["method", *map(_heading, columns)], _rows(table, columns, paper, found.rows))
    if found.rows:
        lines += ["", *details(columns, found.rows, paper[table.baseline])]
    if found.otherwise:
        lines += ["", "Measured otherwise than in the paper, so not in the table:", ""]
        lines += _measured_otherwise(table, columns, found.otherwise)
    used = [cell for row in (*found.rows, *found.otherwise) for cell in row.cells.values()]
    if used:
        cards = dict.fromkeys(card(cell.evaluation) for cell in used)
        lines += ["", "Protocol of our rows:", "", *(f"- {each}" for each in cards)]
    lines += ["", *_not_run(table, columns, found.rows, here, data)]
    return "\n".join(lines).rstrip() + "\n"


def _rows(
    table: PaperTable, columns: Sequence[Column], paper: dict[str, dict[Column, str]], ours: Sequence[OurRow]
) -> list[list[str]]:
    rows = [[method, *(cells.get(column, "-") for column in columns)] for method, cells in paper.items()]
    if not ours:
        return [*rows, ["**ours**", *["not run"] * len(columns)]]
    for row in ours:
        cells = [_cell(row.cells.get(column), column, paper[table.baseline].get(column)) for column in columns]
        rows.append([f"**ours: {row.name}**", *cells])
    return rows


def _cell(found: Found | None, column: Column, target: str | None) -> str:
    if found is None:
        return "not run"
    median = found.result[column.metric]["median"]
    if median is None:
        return "undefined"
    return f"**{median:.3f}**" + (f" ({median - float(target):+.3f})" if target else "")


def details(columns: Sequence[Column], ours: Sequence[OurRow], paper: dict[Column, str]) -> list[str]:
    """Return our cells with range and intervals as a second grid."""
    rows = []
    for row in ours:
        for column in columns:
            if column in row.cells:
                result = row.cells[column].result
                spread = result[column.metric]
                rows.append([
                    row.name, _heading(column), _number(spread["median"]), paper.get(column, "-"),
                    _ends(spread, "min", "max"), _ends(spread, "low", "high"), _images(result, column.metric),
                    str(result["splits"]), str(result.get("trained_images", "")),
                    str(result.get("tested_images", result.get("votes", ""))),
                ])  # fmt: skip
    heads = ["ours", "column", "median", "paper", "range over splits", "95 % over splits", "95 % over images",
             "splits", "trained on", "tested on"]  # fmt: skip
    return grid(heads, rows)


def _measured_otherwise(table: PaperTable, columns: Sequence[Column], ours: Sequence[OurRow]) -> list[str]:
    """Return results that a reader may want and the table may not hold, each with what is different."""
    rows = []
    for row in ours:
        for column in columns:
            if column in row.cells:
                found = row.cells[column]
                rows.append([
                    row.name, _heading(column), _number(found.result[column.metric]["median"]),
                    _images(found.result, column.metric), str(found.result["splits"]),
                    "; ".join(differences(table, found, column)),
                ])  # fmt: skip
    return grid(["ours", "column", "median", "95 % over images", "splits", "what is different"], rows)


def _images(result: dict, metric: str) -> str:
    if metric == "accuracy":  # the interval of votes is clustered by rater and pair
        return f"{_number(result['accuracy_low']['median'])} to {_number(result['accuracy_high']['median'])} (votes)"
    return _ends(result[metric], "images_low", "images_high")


def _not_run(
    table: PaperTable, columns: Sequence[Column], ours: Sequence[OurRow], here: dict[str, str], data: Path | None
) -> list[str]:
    """Say of every column without any of our results why, and which command fills it."""
    lines: dict[str, None] = {}
    for column in columns:
        if any(column in row.cells for row in ours):
            continue
        sets = [name for name in dict.fromkeys((column.trained_on, column.tested_on)) if name != "pairs"]
        absent = [name for name in sets if name not in here]
        where = f"no {' and no '.join(absent)} images" + (f" in {data}" if data else " here") if absent else ""
        reason = where or "the data is here"
        label = " → ".join(sets) + (f", {float(column.condition):.0%}" if column.condition else "")
        folder = here.get(column.trained_on, f"DATA/{column.trained_on.lower()}")
        command = f"attiqa evaluate {folder} {options_for(table, column)} --resume"  # tables share a run folder
        lines[f"- {label}: not run ({reason}): `{command}`"] = None
    return ["Cells without a result of ours:", "", *lines] if lines else []


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a Markdown table, padded so that it also reads as plain text."""
    widths = [max(len(row[index]) for row in [heads, *rows]) for index in range(len(heads))]
    padded = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [heads, *rows]]
    ruler = " | ".join("-" * max(3, width) for width in widths)
    return [f"| {line} |" for line in (padded[0], ruler, *padded[1:])]


def _heading(column: Column) -> str:
    place = column.tested_on if column.trained_on == column.tested_on else f"{column.trained_on} → {column.tested_on}"
    share = f" {float(column.condition):.0%}" if column.condition else ""
    return f"{place}{share} {METRICS[column.metric]}"


def _ends(spread: dict, low: str, high: str) -> str:
    return "-" if spread.get(low) is None else f"{spread[low]:.3f} to {spread[high]:.3f}"


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
