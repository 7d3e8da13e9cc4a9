"""What LibRaw reads of a raw file, as plain numbers and arrays."""

import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import rawpy

from attiqa_core.errors import InputError
from isp_env.raw_io.decoding.complaints import damage, heard
from isp_env.raw_io.decoding.decoded import Decoded, Four
from isp_env.raw_io.decoding.tiff_tags import Area
from isp_env.raw_io.decoding.unread import what_is_unread
from isp_env.sensor.cfa import CFA_PATTERNS, moved_block

XTRANS_PX = 6


def decode_with_libraw(
    path: Path, *, active_px: Area | None = None, white: int | None = None, flip: int | None = None
) -> Decoded:
    """Return the picture of a raw file; `white` and `flip` are told where the file's own cannot be true.

    `active_px`: the part of a mosaic that holds light, of which LibRaw leaves out the first row or column at an odd place.

    Raises: InputError with the file and the cure.
    """
    try:
        with heard() as lines:
            decoded = _read(path, {"user_sat": white, "user_flip": flip}, active_px)
    except rawpy.LibRawFileUnsupportedError as error:
        raise InputError(f"{path}: {what_is_unread(path)}") from error
    except (rawpy.LibRawUnsufficientMemoryError, MemoryError) as error:
        raise MemoryError(f"{path}: not enough memory to decode it") from error
    except (rawpy.LibRawError, rawpy.NotSupportedError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: LibRaw cannot decode it ({_reason(error)}); copy it again") from error
    said = damage(lines)
    if said:
        raise InputError(f"{path}: its picture is damaged (LibRaw: {said}); copy it from the camera again")
    return decoded if flip is None else replace(decoded, flip=flip)


def _read(path: Path, told: dict[str, int | None], active_px: Area | None) -> Decoded:
    with rawpy.imread(_openable(path)) as raw:
        pattern = raw.raw_pattern
        try:
            return _decoded(path, raw, told, active_px)
        except rawpy.LibRawIOError:
            if pattern is None or pattern.shape != (XTRANS_PX, XTRANS_PX):
                raise
    # LibRaw's own method for X-Trans fails on a DNG of a camera that it does not know.
    with rawpy.imread(_openable(path)) as raw:
        return _decoded(path, raw, {**told, "demosaic_algorithm": rawpy.DemosaicAlgorithm.VNG}, None)


def _openable(path: Path) -> str | io.BytesIO:
    """What rawpy opens: the name, or the content of a file whose name is no UTF-8."""
    try:
        return str(path).encode().decode()
    except UnicodeEncodeError:
        return io.BytesIO(path.read_bytes())


def _decoded(path: Path, raw: rawpy.RawPy, told: dict[str, Any], active_px: Area | None) -> Decoded:
    cfa, sizes, other = _cfa(raw), raw.sizes, raw.other
    top, left, height, width = visible = (sizes.top_margin, sizes.left_margin, sizes.height, sizes.width)
    if cfa is not None and active_px is not None:
        top, left, height, width = active_px
    moved = top - visible[0], left - visible[1]
    window = np.s_[top : top + height, left : left + width]
    samples = _demosaiced(path, raw, told) if cfa is None else np.array(raw.raw_image[window], order="C")
    lens = getattr(raw, "lens", None)  # not every rawpy has it
    colours = samples.shape[2] if cfa is None else 3
    return Decoded(
        samples=samples if colours > 1 else samples.repeat(3, 2),
        cfa=cfa and "".join(moved_block(cfa, *moved)),
        sites=() if cfa is None else moved_block(np.asarray(raw.raw_pattern).ravel().tolist(), *moved),
        flip=int(sizes.flip),
        size_px=(height, width),
        corner_px=(top, left),
        black_dn=tuple(map(float, raw.black_level_per_channel)),
        white_dn=float(raw.white_level),
        camera_white_dn=tuple(map(float, raw.camera_white_level_per_channel or ())),
        camera_gains=_four(raw.camera_whitebalance),
        daylight_gains=_four(raw.daylight_whitebalance),
        xyz_to_camera=np.asarray(raw.rgb_xyz_matrix, np.float64)[: max(3, colours)],
        iso=float(other.iso_speed) or None,
        exposure_s=float(other.shutter_speed) or None,
        f_number=float(other.aperture) or None,
        focal_length_mm=float(other.focal_length) or None,
        captured_at=_time(other.timestamp),
        lens_make=str(getattr(lens, "make", "")).strip(),
        lens_model=str(getattr(lens, "model", "")).strip(),
        colours=colours,
        demosaic="" if cfa else f"LibRaw's, of {_kind(raw, colours)}",
    )


def _kind(raw: rawpy.RawPy, colours: int) -> str:
    """What it is that LibRaw made linear camera RGB of."""
    if colours == 4:
        return "four colours"
    if raw.raw_pattern is not None and raw.raw_pattern.shape == (XTRANS_PX, XTRANS_PX):
        return "X-Trans"
    return "one colour" if colours == 1 else "three colours in each sample"


def _cfa(raw: rawpy.RawPy) -> str | None:
    """The Bayer block at the corner of the visible picture; None for anything else."""
    pattern = raw.raw_pattern
    if raw.raw_type is not rawpy.RawType.Flat or pattern is None or pattern.shape != (2, 2):
        return None
    block = "".join(chr(raw.color_desc[index]) for index in pattern.ravel())
    return block if block in CFA_PATTERNS else None


def _demosaiced(path: Path, raw: rawpy.RawPy, told: dict[str, Any]) -> np.ndarray:
    """Upright linear camera RGB from LibRaw's demosaic: for X-Trans, four colours, monochrome, sRAW and linear DNG."""
    rgb = raw.postprocess(
        output_color=rawpy.ColorSpace.raw,
        user_wb=[1.0, 1.0, 1.0, 1.0],
        gamma=(1, 1),
        no_auto_bright=True,
        adjust_maximum_thr=0.0,
        output_bps=16,
        **{name: value for name, value in told.items() if value is not None},
    )
    if rgb.shape[2] not in (1, 3, 4):
        raise InputError(f"{path}: has {rgb.shape[2]} colour planes; only 1, 3 and 4 can be rendered")
    return rgb


def _four(gains: list[float]) -> Four:
    red, green, blue, second = map(float, gains)
    return red, green, blue, second


def _reason(error: Exception) -> str:
    text = error.args[0] if error.args else type(error).__name__
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def _time(timestamp: datetime) -> str | None:
    """LibRaw's time of capture as ISO 8601; it says 1970 where a file has none."""
    return timestamp.isoformat() if timestamp.year > 1970 else None
