"""An evaluation as files: results.json, whose every number names its protocol, photos.csv, and a sheet of the worst, median and best."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from attiqa_core.evaluation.intervals import of_mean
from attiqa_core.files.tables import csv_text
from attiqa_core.files.whole import write_json, write_text
from experiments.drawing.sheets import comparison_sheet
from experiments.fivek.cases import Photos, case_of
from experiments.fivek.evaluation import Evaluation, RowFigures
from experiments.fivek.metrics import FIGURES, Figures, Mean, prepared
from experiments.fivek.published import published_under
from experiments.fivek.table import coverage, protocols_of
from isp_env.fivek.splits import numbers_sha256

FORMAT, VERSION = "attiqa-fivek", 1
MAGNIFIED = 4
RESULTS, PER_PHOTO, SHEET = "results.json", "photos.csv", "sheet.jpg"


def write_results(out: Path, evaluation: Evaluation, photos: Photos, about: Mapping[str, Any]) -> None:
    """Write results.json and photos.csv; `about` says where the numbers are from (commit, versions, machine, time)."""
    write_json(out / RESULTS, results_of(evaluation, photos, about))
    write_text(out / PER_PHOTO, per_photo(evaluation, photos))


def results_of(evaluation: Evaluation, photos: Photos, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return all of an evaluation for JSON: protocols by hash, rows with means and intervals, what is missing by name."""
    compared = [*evaluation.rows[0].figures]
    used = {row.row.protocol.sha256: row.row.protocol for row in evaluation.rows}
    others = {each.protocol.sha256: each.protocol for row in evaluation.rows for each in row.other.values()}
    whole = evaluation.is_whole
    return {
        "format": FORMAT,
        "version": VERSION,
        "coverage": coverage(evaluation),
        "photos": len(compared),
        "of": len(evaluation.protocol.photos),
        "comparable": whole,
        "compared_list_sha256": numbers_sha256(compared),
        "missing": [photos.name(number) for number in evaluation.missing],
        "left_out": {photos.name(number): why for number, why in evaluation.left_out.items()},
        "protocols": {sha256: each.described() for sha256, each in (used | others).items()},
        "rows": [_row(row) for row in evaluation.rows],
        "expert_clipped_share": _mean_of_scores(evaluation.clipped) if evaluation.clipped else None,
        "laid": {
            photos.name(number): {
                "quarter_turns": turns,
                "shift_px": [round(each, 3) for each in shift],
                "alike": round(alike, 4),
            }
            for number, (turns, shift, alike) in evaluation.laid.items()
        },
        "expert_judged": {name: _mean_of_scores(scores) for name, scores in evaluation.expert_judged.items()},
        "published": {each.sha256: dict(published_under(each)) if whole else {} for each in protocols_of(evaluation)},
        **about,
    }


def _row(row: RowFigures) -> dict[str, Any]:
    return {
        "row": row.row.name,
        "figures": [_mean(each) for each in (*row.means().values(), *row.other_means().values())],
        "judged": {name: _mean_of_scores(scores) for name, scores in row.judged.items()},
    }


def _mean(mean: Mean) -> dict[str, Any]:
    """One number; no figure stands in the file without the hash of its protocol."""
    return {
        "figure": mean.figure,
        "mean": round(mean.value, 6),
        "interval_95": None if mean.interval is None else [round(end, 6) for end in mean.interval],
        "photos": mean.photos,
        "rounding": mean.protocol.rounding,
        "protocol_sha256": mean.protocol.sha256,
    }


def _mean_of_scores(scores: Mapping[int, float]) -> dict[str, Any]:
    interval = of_mean([*scores.values()])
    return {"mean": float(np.mean([*scores.values()])), "interval_95": interval and list(interval)}


def per_photo(evaluation: Evaluation, photos: Photos) -> str:
    """Return a CSV: a line for each photo, row and rounding, with the hash of its protocol."""
    judges = [*evaluation.expert_judged]
    table: list[list[str]] = [["photo", "row", "rounding", *FIGURES, *judges, "protocol_sha256"]]
    for row in evaluation.rows:
        for number, figures in row.figures.items():
            scores = [f"{row.judged[name][number]:.6g}" for name in judges]
            for each in (figures, row.other[number]):
                table.append([photos.name(number), row.row.name, *_cells(each), *scores, each.protocol.sha256])
    return csv_text(table)


def _cells(figures: Figures) -> list[str]:
    return [figures.protocol.rounding, *(f"{value:.6g}" for value in figures.numbers().values())]


def write_sheet(out: Path, evaluation: Evaluation, photos: Photos) -> Path:
    """Write the worst, the median and the best photo of the last row by Delta E 2000, every row's picture beside the expert's."""
    asked = evaluation.rows[-1]
    ordered = sorted(asked.figures, key=lambda number: -asked.figures[number].delta_e_2000)
    last = len(ordered) - 1
    words = {last: "best", last // 2: "median", 0: "worst"}  # of one or two photos not all
    chosen = {words[place]: ordered[place] for place in sorted(words)}
    expert = f"expert {evaluation.protocol.expert.upper()}"
    names = [row.row.name for row in evaluation.rows]
    return comparison_sheet(
        out / SHEET,
        [_pictures(number, evaluation, photos) for number in chosen.values()],
        column_titles=[*names, expert, f"{names[-1]} less {expert}, x {MAGNIFIED}"],
        row_titles=[f"{word}: {photos.name(number)}" for word, number in chosen.items()],
        captions=[[*(_caption(row.figures[number]) for row in evaluation.rows), "", ""] for number in chosen.values()],
        cell_px=400,
    )


def _pictures(number: int, evaluation: Evaluation, photos: Photos) -> list[torch.Tensor]:
    rows = [result.row for result in evaluation.rows]
    pairs = case_of(number, rows, photos).pairs
    compared = [prepared(*pairs[row.name], row.protocol) for row in rows]
    made, wanted = compared[-1]
    difference = (0.5 + MAGNIFIED * (made - wanted)).clamp(0, 1)
    return [*(one[0] for one, _ in compared), wanted[0], difference[0]]


def _caption(figures: Figures) -> str:
    return f"{figures.psnr_db:.2f} dB, dE 2000 {figures.delta_e_2000:.1f}   [{figures.protocol.sha256[:8]}]"
