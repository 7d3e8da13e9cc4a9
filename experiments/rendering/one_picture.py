"""One raw to one picture with its recipe: the only place where a run decodes, tunes, renders and writes."""

import errno
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Literal

import numpy as np
import torch

from attiqa_core.errors import InputError, ResourceError
from experiments.drawing.pictures import bits_of, save_pixels
from experiments.rendering.beside import hashes_beside
from experiments.rendering.finished import reason_to_render
from experiments.rendering.inputs import Source
from experiments.rendering.names import shown
from experiments.rendering.recipes import SCHEMA, describe_bytes, describe_frame, describe_raw
from experiments.rendering.settings import Settings
from experiments.rendering.staging import put_in_place, staged
from experiments.rendering.tuning import Tuning
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.raw_io.sensor_description import NOTHING, SensorDescription
from isp_env.tiles import render_quantised

NAME_REFUSED = (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)
SMALL_TILE = 128  # px a side, for what was too large otherwise

State = Literal["rendered", "finished", "failed", "too large", "stopped"]


@dataclass(frozen=True)
class Making:
    """What all pictures of a run share."""

    out: Path
    suffix: str
    """With its dot."""
    tuning: Tuning
    settings: Settings
    device: torch.device
    own: SensorDescription = NOTHING
    """What is known of the sensor besides."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set where nothing new is to be begun."""


@dataclass(frozen=True)
class Made:
    """What became of one raw. `why` is a sentence where there is no picture, else what it was made for."""

    source: Source
    state: State
    why: str = ""
    picture: Path | None = None
    seconds: float = 0.0
    size: tuple[int, int] = (0, 0)
    """Width and height, px."""
    recipe: dict[str, Any] = field(default_factory=dict)


def make_picture(making: Making, source: Source, place: PurePath, tile: int | None = None) -> Made:
    """Return what became of a raw: its picture and recipe are in place, were so before, or it cannot be made.

    Whatever is wrong with the raw is its own; `tile` renders in squares of so many pixels, which takes less memory.
    Raises: ResourceError or OSError if the output cannot be written, for then no other can.
    """
    began = time.perf_counter()
    if making.stopping.is_set():
        return Made(source, "stopped")
    try:
        if not source.path.is_file():
            raise InputError(f"{source.path}: {'is no regular file' if source.path.exists() else 'no such file'}")
        raw = {**describe_raw(source.path), "beside": hashes_beside(source.path, making.own)}
        why = reason_to_render(making.out, place, making.suffix, raw, making.settings)
        picture = making.out / f"{place}{making.suffix}"
        if why is None:
            return Made(source, "finished", picture=picture)
        frame = RawFrame.load(source.path, making.own)
        params = making.tuning.tune(frame)
        if making.stopping.is_set():
            return Made(source, "stopped")
        pixels = render_quantised(frame, params, bits=bits_of(picture), device=making.device, tile=tile)
    except Exception as error:
        return _not_made(source, error)
    try:
        recipe = _write(making, place, pixels, raw, frame, params)
    except (MemoryError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in NAME_REFUSED:
            raise
        return _not_made(source, error)
    height, width = pixels.shape[:2]
    return Made(source, "rendered", why, picture, time.perf_counter() - began, (width, height), recipe)


def _not_made(source: Source, error: Exception) -> Made:
    path = shown(source.path)
    if is_out_of_memory(error):
        return Made(source, "too large", f"{path}: not enough memory to render it")
    match error:
        case InputError():
            return Made(source, "failed", shown(error))
        case OSError():
            return Made(source, "failed", f"{path}: {(error.strerror or shown(error)).lower()}")
    return Made(source, "failed", f"{path}: {type(error).__name__}: {shown(error)} (this is a bug; report it)")


def is_out_of_memory(error: Exception) -> bool:
    """Return whether an error is of too little memory, in any of the ways in which the libraries say so."""
    said = str(error).lower()
    return isinstance(error, MemoryError | ResourceError) or (
        isinstance(error, RuntimeError)
        and ("out of memory" in said or "not enough memory" in said or "allocate memory" in said)
    )


def _write(
    making: Making, place: PurePath, pixels: np.ndarray, raw: dict[str, Any], frame: RawFrame, params: IspParams
) -> dict[str, Any]:
    path = staged(making.out, place, making.suffix)
    save_pixels(path, pixels, metadata=frame.metadata)
    height, width = pixels.shape[:2]
    recipe = {
        "schema": SCHEMA,
        "raw": raw,
        "params": params.to_dicts()[0],
        "tuner": making.tuning.name,
        "source": dict(making.tuning.source),
        **describe_frame(frame),
        "output": dict(making.settings.output),
        "settings_sha256": making.settings.sha256,
        "picture": {"name": path.name, "width": width, "height": height, **describe_bytes(path)},
        "versions": dict(making.settings.versions),
    }
    put_in_place(making.out, place, making.suffix, recipe)
    return recipe
