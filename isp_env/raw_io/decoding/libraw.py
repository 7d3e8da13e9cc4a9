"""What LibRaw reads of a raw file, as plain numbers and arrays."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import rawpy

from attiqa_core.errors import InputError
from isp_env.cfa import CFA_PATTERNS, moved_block
from isp_env.raw_io.decoding.directories import Area, Directories, active_area, is_linear, is_staggered, stored_size

_MAGIC = {b"\xff\xd8\xff": "JPEG", b"\x89PNG": "PNG", b"RIFF": "WebP", b"GIF8": "GIF", b"BM": "BMP"}

Four = tuple[float, float, float, float]


@dataclass(frozen=True)
class Decoded:
    """A raw file as LibRaw sees it; nothing is turned upright yet, except pictures that LibRaw demosaiced.

    `samples`: the visible mosaic, (H, W) uint16 in DN; (H, W, 3) uint16 linear camera RGB, upright and from black 0 to
    clipping 65535, where `cfa` is None: LibRaw's demosaic of what is no Bayer mosaic;
    `stored`: whether (H, W, 3) samples are in DN as the file holds them instead, of a linear DNG;
    `cfa`: the 2x2 block at the mosaic's corner; `sites`: LibRaw's number of the colour at its four sites, row by row;
    `flip`: LibRaw's bits; `size_px`, `corner_px`: height and width of the visible picture, its top and left in the stored one;
    `black_dn`, `camera_white_dn`: by LibRaw's number of a colour, the latter empty where the camera states none;
    `camera_gains`, `daylight_gains`: of R, G, B and second G; `xyz_to_camera`: (3, 3), zeros where the camera is unknown;
    `captured_at`: the camera's clock, ISO 8601.
    """

    samples: np.ndarray
    cfa: str | None
    sites: tuple[int, ...]
    flip: int
    size_px: tuple[int, int]
    corner_px: tuple[int, int]
    black_dn: tuple[float, ...]
    white_dn: float
    camera_white_dn: tuple[float, ...]
    camera_gains: Four
    daylight_gains: Four
    xyz_to_camera: np.ndarray
    iso: float | None
    exposure_s: float | None
    f_number: float | None
    focal_length_mm: float | None
    captured_at: str | None
    stored: bool = False

    @property
    def upright(self) -> bool:
        """Whether the samples are turned upright already."""
        return self.cfa is None and not self.stored


def decode(path: Path, directories: Directories | None = None) -> Decoded:
    """Return the picture of a raw file; `directories`: a DNG's. Raises: InputError with the file and the cure."""
    try:
        with rawpy.imread(str(path)) as raw:
            return _decoded(path, raw, directories)
    except rawpy.LibRawFileUnsupportedError as error:
        raise InputError(f"{path}: {_what_instead(path)}; give the camera's own raw file") from error
    except (rawpy.LibRawUnsufficientMemoryError, MemoryError) as error:
        raise MemoryError(f"{path}: not enough memory to decode it") from error
    except (rawpy.LibRawError, rawpy.NotSupportedError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: LibRaw cannot decode it ({_reason(error)}); copy it again") from error


def _decoded(path: Path, raw: rawpy.RawPy, directories: Directories | None) -> Decoded:
    other = raw.other
    top, left, height, width = _visible_area(raw, directories)
    moved = top - raw.sizes.top_margin, left - raw.sizes.left_margin
    cfa = None if directories and is_staggered(directories) else _cfa(raw)
    stored = directories is not None and is_linear(directories) and _keeps_three_planes(raw)
    if cfa is None and not stored:
        samples, moved = _demosaiced(path, raw), (0, 0)
        top, left, height, width = raw.sizes.top_margin, raw.sizes.left_margin, raw.sizes.height, raw.sizes.width
    else:
        samples = raw.raw_image[top : top + height, left : left + width, ...]
        samples = samples[..., :3] if stored else samples
    return Decoded(
        samples=np.array(samples, order="C"),
        stored=stored,
        cfa=cfa and "".join(moved_block(cfa, *moved)),
        sites=() if cfa is None else moved_block(np.asarray(raw.raw_pattern).ravel().tolist(), *moved),
        flip=int(raw.sizes.flip),
        size_px=(height, width),
        corner_px=(top, left),
        black_dn=tuple(map(float, raw.black_level_per_channel)),
        white_dn=float(raw.white_level),
        camera_white_dn=tuple(map(float, raw.camera_white_level_per_channel or ())),
        camera_gains=_four(raw.camera_whitebalance),
        daylight_gains=_four(raw.daylight_whitebalance),
        xyz_to_camera=np.asarray(raw.rgb_xyz_matrix, np.float64)[:3],
        iso=float(other.iso_speed) or None,
        exposure_s=float(other.shutter_speed) or None,
        f_number=float(other.aperture) or None,
        focal_length_mm=float(other.focal_length) or None,
        captured_at=_time(other.timestamp),
    )


def _cfa(raw: rawpy.RawPy) -> str | None:
    """The Bayer block at the corner of the visible picture; None for anything else."""
    pattern = raw.raw_pattern
    if raw.raw_type is not rawpy.RawType.Flat or pattern is None or pattern.shape != (2, 2):
        return None
    block = "".join(chr(raw.color_desc[index]) for index in pattern.ravel())
    return block if block in CFA_PATTERNS else None


def _visible_area(raw: rawpy.RawPy, directories: Directories | None) -> Area:
    """What of the stored picture holds light: a DNG's own account, since LibRaw rounds odd margins up; else LibRaw's."""
    sizes = raw.sizes
    if directories is not None and (sizes.raw_height, sizes.raw_width) == stored_size(directories.raw):
        top, left, height, width = active_area(directories.raw)
        bottom, right = top + height, left + width
        if 0 <= top < bottom <= sizes.raw_height and 0 <= left < right <= sizes.raw_width:
            return top, left, height, width
    return sizes.top_margin, sizes.left_margin, sizes.height, sizes.width


def _keeps_three_planes(raw: rawpy.RawPy) -> bool:
    """Whether LibRaw has the planes of a linear raw as they are stored, in uint16."""
    if raw.raw_type is not rawpy.RawType.Stack or raw.num_colors != 3:
        return False
    return raw.raw_image is not None and raw.raw_image.dtype == np.uint16


def _demosaiced(path: Path, raw: rawpy.RawPy) -> np.ndarray:
    """Upright linear camera RGB from LibRaw's demosaic: for X-Trans, sRAW and linear DNG."""
    rgb = raw.postprocess(
        output_color=rawpy.ColorSpace.raw,
        user_wb=[1.0, 1.0, 1.0, 1.0],
        gamma=(1, 1),
        no_auto_bright=True,
        adjust_maximum_thr=0.0,
        output_bps=16,
    )
    if rgb.shape[2] != 3:
        raise InputError(f"{path}: has {rgb.shape[2]} colour planes; only three-colour raws can be rendered")
    return rgb


def _four(gains: list[float]) -> Four:
    red, green, blue, second = map(float, gains)
    return red, green, blue, second


def _what_instead(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(8)
    kind = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), None)
    return f"is a {kind} picture, not a raw" if kind else "is not a raw file that LibRaw knows"


def _reason(error: Exception) -> str:
    text = error.args[0] if error.args else type(error).__name__
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def _time(timestamp: datetime) -> str | None:
    """LibRaw's time of capture as ISO 8601; it says 1970 where a file has none."""
    return timestamp.isoformat() if timestamp.year > 1970 else None
