"""One raw to one picture with its recipe: the only place where a run decodes, tunes, renders and writes."""

import errno
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Literal

import numpy as np
import torch

from attiqa_core.errors import InputError, UsageError
from attiqa_core.machine.lacks import NOT_MEMORY, is_of_memory, refuse_lack
from experiments.options.picture_output import PictureOutput
from experiments.pictures.finished import finished_pixels
from experiments.pictures.writing import save_pixels
from experiments.rendering.beside import hashes_beside
from experiments.rendering.finished import reason_to_render
from experiments.rendering.inputs import Source
from experiments.rendering.names import shown
from experiments.rendering.previews import keep_before
from experiments.rendering.recipes import SCHEMA, describe_bytes, describe_frame, describe_raw
from experiments.rendering.settings import Settings
from experiments.rendering.sidecars import write_staged
from experiments.rendering.staging import put_in_place, staged
from experiments.rendering.tuning import Tuning
from isp_env.isp import Isp
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.raw_io.loading import read_frame
from isp_env.raw_io.own_sensor.description import NOTHING, SensorDescription

NAME_REFUSED = (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)
SMALL_TILE = 128  # px a side, for what was too large otherwise

State = Literal["rendered", "finished", "failed", "too large", "stopped"]


@dataclass(frozen=True)
class Making:
    """What all pictures of a run share."""

    out: Path
    tuning: Tuning
    settings: Settings
    device: torch.device
    output: PictureOutput = PictureOutput()  # noqa: RUF009  frozen
    own: SensorDescription = NOTHING
    """What is known of the sensor besides."""
    correct: Callable[[RawFrame], RawFrame] = lambda frame: frame
    """What is done about the lens."""
    sidecars: tuple[str, ...] = ()
    """Kinds of files for other programs, written beside each picture."""
    look: bool = False
    """Whether a small picture of the camera default is kept of each raw, for the gallery."""
    isp: Isp | None = None
    """What makes the pictures; None: our own ISP."""
    part: str = ""
    """Of a run in shards, which: what is not finished lies apart."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set where nothing new is to be begun."""

    @property
    def suffix(self) -> str:
        """What pictures' names end in, with the dot."""
        return self.output.suffix

    def load(self, path: Path) -> RawFrame:
        """Return the frame of a raw with all that is known of its sensor and lens. Raises: InputError if it cannot be read."""
        return self.correct(read_frame(path, self.own))


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
        frame = making.load(source.path)
        params = making.tuning.tune(frame)
        if making.stopping.is_set():
            return Made(source, "stopped")
        pixels = finished_pixels(frame, params, making.output, device=making.device, tile=tile, isp=making.isp)
    except Exception as error:
        refuse_lack(error, None, NOT_MEMORY)  # the next raw would fare no better
        return _not_made(source, error)
    try:
        recipe = _write(making, place, pixels, raw, frame, params)
    except (MemoryError, RuntimeError, OSError, InputError, UsageError) as error:
        refuse_lack(error, None, NOT_MEMORY)
        if isinstance(error, RuntimeError) and not is_of_memory(error):
            raise
        if isinstance(error, OSError) and error.errno not in NAME_REFUSED:
            raise
        return _not_made(source, error)
    height, width = pixels.shape[:2]
    return Made(source, "rendered", why, picture, time.perf_counter() - began, (width, height), recipe)


def _not_made(source: Source, error: Exception) -> Made:
    path = shown(source.path)
    if is_of_memory(error):
        return Made(source, "too large", f"{path}: not enough memory to render it")
    match error:
        case InputError() | UsageError():
            return Made(source, "failed", shown(error))
        case OSError():
            return Made(source, "failed", f"{path}: {(error.strerror or shown(error)).lower()}")
    return Made(source, "failed", f"{path}: {type(error).__name__}: {shown(error)} (this is a bug; report it)")


def _write(
    making: Making, place: PurePath, pixels: np.ndarray, raw: dict[str, Any], frame: RawFrame, params: IspParams
) -> dict[str, Any]:
    path = staged(making.out, place, making.suffix, making.part)
    save_pixels(path, pixels, metadata=frame.metadata, output=making.output)
    if making.look:
        keep_before(making.out, place, frame, making.device)
    sidecars = write_staged(making.out, place, making.suffix, frame, params, making.sidecars, making.part)
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
        **({"sidecars": sidecars} if sidecars else {}),
        "versions": dict(making.settings.versions),
    }
    further = [entry["file"] for entry in sidecars.values()]
    put_in_place(making.out, place, making.suffix, recipe, further, making.part)
    return recipe
