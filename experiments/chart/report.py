"""Everything that was measured, as files: chart.json, chart.csv, found.jpg, camera_matrix.toml and the page chart.html."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from attiqa_core.files.tables import csv_text
from attiqa_core.files.whole import replacing, write_json, write_text
from experiments.chart.camera_matrix import FittedMatrix, as_toml
from experiments.chart.drawing import overlay_jpeg
from experiments.chart.edges import Region
from experiments.chart.measurement import ABOUT, Measured, rows, sfr_figures, summary
from experiments.chart.page import chart_page
from experiments.chart.patches import noise_profile
from experiments.chart.placement import CORNERS, Placement
from experiments.chart.reference import Reference
from isp_env.raw import RawFrame

FORMAT = "attiqa-chart/1"


@dataclass(frozen=True)
class Chart:
    """All that there is to say about one raw. `how` is found or given; `default` is the picture that is drawn on; `tuned_by` says
    where the parameters of the tuned picture are from."""

    frame: RawFrame
    reference: Reference
    placement: Placement
    how: str
    region: Region | None
    measured: Sequence[Measured]
    fitted: FittedMatrix
    default: torch.Tensor
    tuned_by: Mapping[str, Any]


def write_report(folder: Path, chart: Chart) -> None:
    """Write all files into the folder; chart.json last."""
    overlay = overlay_jpeg(chart.default, chart.placement, chart.region)
    content = as_json(chart)
    with replacing(folder / "found.jpg") as temporary:
        temporary.write_bytes(overlay)
    write_text(folder / "chart.csv", as_csv(chart))
    write_text(folder / "camera_matrix.toml", as_toml(chart.fitted, chart.frame.name))
    write_text(folder / "chart.html", chart_page(content, chart.measured, chart.reference, overlay))
    write_json(folder / "chart.json", content)


def as_json(chart: Chart) -> dict[str, Any]:
    """Return what chart.json holds."""
    frame, fitted, region = chart.frame, chart.fitted, chart.region
    return {
        "format": FORMAT,
        "raw": frame.name,
        "camera": " ".join(str(frame.metadata.get(key) or "") for key in ("make", "model")).strip(),
        "iso": frame.metadata.get("iso"),
        "chart": chart.reference.name,
        "corners": {"how": chart.how, "points": chart.placement.picture(CORNERS).round(2).tolist()},
        "edge": None if region is None else [region.left, region.top, region.width, region.height],
        "tuned_by": dict(chart.tuned_by),
        "noise_profile": {
            "measured": list(noise_profile(chart.measured[0].patches)),
            "stated": list(frame.noise),
            "source": frame.metadata.get("noise_source"),
        },
        "pictures": {
            each.name: {
                "about": ABOUT[each.name],
                **summary(each, chart.reference),
                "sfr": each.sfr and sfr_figures(each.sfr),
                "patches": rows(each, chart.reference),
            }
            for each in chart.measured
        },
        "matrix": {
            "xyz_to_camera": fitted.xyz_to_camera.round(6).ravel().tolist(),
            "illuminant_kelvin": round(fitted.illuminant_kelvin),
            "neutral": fitted.neutral.round(6).tolist(),
            "delta_e_mean": round(float(fitted.delta_e.mean()), 4),
            "delta_e_max": round(float(fitted.delta_e.max()), 4),
            "delta_e_left_out_mean": round(float(fitted.left_out.mean()), 4),
        },
    }


def as_csv(chart: Chart) -> str:
    """Return a row for each patch of each picture."""
    table = [row for each in chart.measured for row in rows(each, chart.reference)]
    return csv_text([list(table[0]), *([row.get(name, "") for name in table[0]] for row in table)])
