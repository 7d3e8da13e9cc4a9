"""What a fit leaves besides recipes: `fits.json`, a table with a row for each raw, and means over the set."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.files.tables import csv_text
from attiqa_core.files.whole import write_json, write_text
from experiments.fitting.records import Record
from isp_env.fitting.files import FITS, Fit, Fits, write_fits
from isp_env.parameters.profiles import Profile

TABLE, SUMMARY = "table.csv", "summary.json"
MEASURES = ("delta_e", "delta_e_95", "psnr", "ssim")
STAGES = ("default", "params", "curve", "lut")


def fits_of(
    records: Sequence[Record], said: Sequence[Mapping[str, Any]], scenes: Sequence[str], profile: Profile
) -> Fits:
    """Return the fits as others read them."""
    items = []
    for record, of_one, scene in zip(records, said, scenes, strict=True):
        residual = record.about["residuals"]["params"]
        items.append(
            Fit(
                raw=record.about["raw"]["path"],
                name=record.name,
                params=record.params,
                delta_e=residual["delta_e"],
                psnr=residual["psnr"],
                reference=record.about["reference"],
                scene=scene,
                sha256=record.about["raw"]["sha256"],
                figures={"native": record.about["native"], **record.about["residuals"], **of_one},
            )
        )
    return Fits(profile, tuple(items))


def write_tables(folder: Path, fits: Fits, failures: Sequence[str], unused: Sequence[Path] = ()) -> dict[str, Any]:
    """Write `fits.json`, `table.csv` and `summary.json`, and return the last: means by stage."""
    write_fits(folder / FITS, fits)
    write_text(folder / TABLE, table_text(fits))
    summary = {
        "raws": len(fits.items),
        "profile": fits.profile.name,
        "means": means(fits),
        "failures": list(failures),
        "references_of_no_raw": [str(path) for path in unused],
    }
    if "held_out" in fits.items[0].figures:
        summary["corrections_held_out_by"] = fits.items[0].figures["held_out"]
    write_json(folder / SUMMARY, summary)
    return summary


def means(fits: Fits) -> dict[str, dict[str, float]]:
    """Return the mean over the raws of each measure after each stage that there is."""
    there = [stage for stage in STAGES if stage in fits.items[0].figures]
    return {
        stage: {
            measure: round(float(np.mean([item.figures[stage][measure] for item in fits.items])), 4)
            for measure in MEASURES
        }
        for stage in there
    }


def table_text(fits: Fits) -> str:
    """Return a CSV with a row for each raw: names, residuals after each stage, parameters."""
    there = [stage for stage in STAGES if stage in fits.items[0].figures]
    measured = [(stage, measure) for stage in there for measure in MEASURES]
    names = list(fits.items[0].params)
    heads = ["name", "scene", "raw", "reference", *(f"{stage}_{measure}" for stage, measure in measured), *names]
    rows: list[list[Any]] = [heads]
    for item in fits.items:
        residuals = [item.figures[stage][measure] for stage, measure in measured]
        values = [f"{item.params[name]:.6g}" for name in names]
        rows.append([item.name, item.scene, item.raw, item.reference, *residuals, *values])
    return csv_text(rows)
