"""What a benchmark leaves in its folder: the CSV, the table, and sheets of the best, the median and the worst scene."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.benchmark import Result
from agents.standings import Comparison, Standing
from attiqa_core.files.whole import replacing, write_text
from attiqa_core.photos.images import resize_short_edge
from attiqa_core.runs.metrics import finite
from experiments.drawing.benchmark_table import results_csv, table_text
from experiments.drawing.sheets import comparison_sheet
from experiments.pictures.encoders import encode_jpeg
from isp_env.stages.output import quantise

PICTURE_PX = 540
"""Short edge of the pictures that are kept: what a screen shows of two side by side."""
PLACES = ("best", "median", "worst")


def picture_path(folder: Path, image: str, tuner: str) -> Path:
    """Return where a run keeps a tuner's picture of a raw."""
    return folder / "pictures" / f"{image}.{tuner}.jpg"


def keep_picture(folder: Path, image: str, tuner: str, rgb: torch.Tensor) -> None:
    """Write a full-size render (3, H, W) as a small JPEG."""
    path = picture_path(folder, image, tuner)
    path.parent.mkdir(exist_ok=True)
    small = resize_short_edge(rgb[None].cpu(), min(PICTURE_PX, *rgb.shape[1:]))[0].clamp(0, 1)
    with replacing(path) as temporary:
        temporary.write_bytes(encode_jpeg(quantise(small.numpy(), 8), quality=88))


def examples(results: Sequence[Result], shown: str) -> dict[str, str]:
    """Return the raws of the best, the median and the worst scene by what `shown` gains over the camera default.

    The leading judge's gains are averaged over each scene; of a scene that raw stands for it that comes nearest to its mean.
    With two scenes there is no median, with one only a best.
    """
    judge = next(iter(results[0].scores))
    default = {each.image: each.scores[judge] for each in results if each.tuner == "default"}
    gains: dict[str, dict[str, float]] = {}
    for each in results:
        if each.tuner == shown:
            gains.setdefault(each.scene, {})[each.image] = each.scores[judge] - default[each.image]
    means = {scene: float(np.mean(list(own.values()))) for scene, own in gains.items()}
    order = sorted(means, key=lambda scene: -means[scene])
    chosen = {"best": order[0], "median": order[len(order) // 2], "worst": order[-1]}
    places = PLACES if len(order) > 2 else ("best", "worst") if len(order) == 2 else ("best",)
    return {place: min(gains[chosen[place]], key=lambda image: abs(gains[chosen[place]][image] - means[chosen[place]]))
            for place in places}  # fmt: skip


def write_table(
    folder: Path, ending: str, results: Sequence[Result], table: Sequence[Standing], differences: Sequence[Comparison]
) -> str:
    """Write results and table under names with this ending, and return the table's text."""
    write_text(folder / f"results{ending}.csv", results_csv(results))
    text = table_text(table, differences)
    write_text(folder / f"table{ending}.txt", text + "\n")
    return text


def write_sheet(folder: Path, ending: str, results: Sequence[Result], chosen: Mapping[str, str], shown: str) -> None:
    """Write the pictures of the chosen raws by every tuner."""
    judge = next(iter(results[0].scores))
    scores = {(each.image, each.tuner): each.scores[judge] for each in results}
    tuners = list(dict.fromkeys(each.tuner for each in results))
    titles = [
        f"{place} scene of {shown} ({scores[image, shown] - scores[image, 'default']:+.3f}): {image}"
        for place, image in chosen.items()
    ]
    comparison_sheet(
        folder / f"sheet{ending}.jpg",
        [[picture_path(folder, image, tuner) for tuner in tuners] for image in chosen.values()],
        column_titles=tuners,
        row_titles=titles,
        captions=[[f"{scores[image, tuner]:.3f}" for tuner in tuners] for image in chosen.values()],
        cell_px=420,
    )


def as_stored(
    table: Sequence[Standing], differences: Sequence[Comparison], chosen: Mapping[str, str]
) -> dict[str, Any]:
    """Return one table for `standings.json`; a number that is not finite is null there."""
    return finite(
        {
            "standings": [asdict(each) for each in table],
            "differences": [asdict(each) for each in differences],
            "examples": dict(chosen),
        }
    )
