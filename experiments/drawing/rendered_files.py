"""Raws rendered at full size into a folder: decoding, rendering and writing side by side, a recipe beside each picture."""

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from attiqa_core.errors import InputError
from attiqa_core.files import write_json
from attiqa_core.labelling.read_ahead import read_ahead
from attiqa_core.runs import progress
from experiments.drawing.sheets import before_after_sheet
from experiments.options.outcome import count
from experiments.options.picture_output import PictureOutput
from experiments.pictures.finished import finished_pixels
from experiments.pictures.writing import save_pixels
from isp_env.frame_batch import FrameBatch
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.raw_io.sensor_description import NOTHING, SensorDescription

SHEET = "sheet.jpg"
SHEET_PAIRS = 24  # pictures on the before/after sheet at most
SHEET_PX = 640  # short edge of the sheet's proxies


def render_files(
    paths: list[Path],
    folder: Path,
    tune: Callable[[RawFrame], IspParams],
    source: dict[str, Any],
    *,
    output: PictureOutput,
    sheet: bool = True,
    device: torch.device,
    own: SensorDescription = NOTHING,
    correct: Callable[[RawFrame], RawFrame] = lambda frame: frame,
) -> list[str]:
    """Write a picture and `STEM.recipe.json` per raw, and the sheet; return a sentence per raw that was skipped.

    The next raw is decoded and the last picture written while one is rendered: two raws and two pictures are held at most.
    """
    failures, pairs, stems = [], [], unique_stems(paths)
    not_applied: Counter[str] = Counter()
    with (
        ThreadPoolExecutor(1) as writer,
        closing(read_ahead(partial(_load, own=own, correct=correct), paths, threads=1, ahead=1)) as frames,
        progress(total=len(paths), label="render", unit="raw") as bar,
    ):
        writing: Future[None] | None = None
        for path, loaded in frames:
            try:
                frame = _readable(loaded)
                params = tune(frame)
            except InputError as error:
                failures.append(str(error))
                bar.update()
                continue
            picture = folder / f"{stems[path]}{output.suffix}"
            corrections = frame.metadata.get("corrections", {"applied": [], "not_applied": []})
            not_applied.update(corrections["not_applied"])
            recipe = {"raw": path.name, "params": params.to_dicts()[0], **source, "corrections": corrections}
            if sheet and len(pairs) < SHEET_PAIRS:
                pairs.append(
                    (stems[path], *_sheet_pair(frame, params, device))
                )  # before the large picture: together they are more
            pixels = finished_pixels(frame, params, output, device=device)
            if writing is not None:
                writing.result()
            writing = writer.submit(_write, picture, pixels, frame.metadata, recipe, output)
            bar.update()
            del loaded, frame, pixels  # before the next is asked for
        if writing is not None:
            writing.result()
    if len(failures) == len(paths):
        raise InputError(f"{failures[0]} (none of {len(paths)} raws can be read)")
    for name, files in not_applied.items():
        print(f"attiqa: not applied: {name}, which {count(files, 'raw')} asked for", file=sys.stderr)
    if pairs:
        names, before, after = zip(*pairs, strict=True)
        before_after_sheet(folder / SHEET, names, before, after, titles=("camera default", source["tuner"]))
    return failures


def _load(
    path: Path, own: SensorDescription, correct: Callable[[RawFrame], RawFrame]
) -> tuple[Path, RawFrame | InputError]:
    try:
        return path, correct(RawFrame.load(path, own))
    except InputError as error:
        return path, error


def _readable(loaded: RawFrame | InputError) -> RawFrame:
    if isinstance(loaded, InputError):
        raise loaded
    return loaded


def _write(
    picture: Path, pixels: np.ndarray, metadata: Mapping[str, Any], recipe: dict[str, Any], output: PictureOutput
) -> None:
    save_pixels(picture, pixels, metadata=metadata, output=output)
    write_json(picture.with_name(f"{picture.name.removesuffix(picture.suffix)}.recipe.json"), recipe)


def unique_stems(paths: list[Path]) -> dict[Path, str]:
    """Return each file's name without suffix, the parent folder's name before it where two would be the same."""
    counts = Counter(path.stem for path in paths)
    return {
        path: path.stem if counts[path.stem] == 1 else f"{path.parent.name}_{path.name.replace('.', '_')}"
        for path in paths
    }


def _sheet_pair(frame: RawFrame, params: IspParams, device: torch.device) -> tuple[torch.Tensor, ...]:
    """Small renders for the sheet: camera default and result."""
    with torch.no_grad():
        batch = FrameBatch.stack([frame.proxy(min(SHEET_PX, min(frame.samples.shape[:2]) // 2 or 1))], device)
        before, after = (render(batch, each.to(device))[0].cpu() for each in (IspParams.default(1), params))
    return before, after
