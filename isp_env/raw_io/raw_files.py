"""Reading camera raw files with LibRaw, helped by the DNG's own tags."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import rawpy

from attiqa_core.errors import InputError, ResourceError, UsageError
from isp_env.cfa import CFA_PATTERNS, cfa_sites, orient, orient_cfa
from isp_env.colour import D65_XYZ, CameraCalibration
from isp_env.lens_geometry import filled
from isp_env.noise import estimate_noise
from isp_env.raw_io.bad_pixels import bad_pixel_mask, replace_bad_pixels
from isp_env.raw_io.dng_tags import DngTags, read_tags
from isp_env.raw_io.lens_corrections import LensCorrections, Sensor, lens_corrections
from isp_env.raw_samples import FULL_WHITE, NO_BLACK, Levels, RawSamples, checked_gains

PICTURE_EXPOSURE = "the picture: no BaselineExposure"  # what `exposure_source` says where a file states none
RAW_SUFFIXES = frozenset({
    ".3fr", ".ari", ".arw", ".bay", ".cap", ".cr2", ".cr3", ".crw", ".cs1", ".dcr", ".dcs", ".dng", ".drf",
    ".eip", ".erf", ".fff", ".gpr", ".iiq", ".k25", ".kdc", ".mdc", ".mef", ".mos", ".mrw", ".nef", ".nrw",
    ".orf", ".pef", ".ptx", ".pxn", ".r3d", ".raf", ".raw", ".rw2", ".rwl", ".rwz", ".sr2", ".srf", ".srw",
    ".x3f",
})  # fmt: skip
_MAGIC = {b"\xff\xd8\xff": "JPEG", b"\x89PNG": "PNG", b"RIFF": "WebP", b"GIF8": "GIF", b"BM": "BMP"}


def find_raws(paths: Sequence[str | Path]) -> list[Path]:
    """Return the raw files named, and those inside the folders named (all depths), sorted and each once.

    A file is taken whatever its suffix; in a folder the suffix decides, and a PNG counts that has a `sidecar_of` it.
    Raises: InputError if there are none.
    """
    if not paths:
        raise UsageError("no raws named; give raw files or a folder that holds some")
    found: set[Path] = set()
    for path in map(Path, paths):
        if path.is_dir():
            inside = (file for file in path.rglob("*") if _is_raw(file) and file.is_file())
            found.update(file for file in inside if not file.name.startswith("."))
        elif path.is_file():
            found.add(path)
        else:
            raise InputError(f"{path}: no such file or folder; give raw files or a folder that holds some")
    if not found:
        names = ", ".join(map(str, paths))
        raise InputError(f"{names}: no raw files found; give raw files (.dng, .nef, .cr3, ...) or their folder")
    return sorted(found)


def sidecar_of(path: Path) -> Path:
    """Return where the metadata of a linear camera RGB PNG lie (`linear_png`)."""
    return path.with_name(f"{path.stem}_metadata.json")


def is_linear_png(path: Path) -> bool:
    """Return whether a file is a PNG with the metadata of a linear camera RGB picture beside it."""
    return path.suffix.lower() == ".png" and sidecar_of(path).is_file()


def _is_raw(path: Path) -> bool:
    return path.suffix.lower() in RAW_SUFFIXES or is_linear_png(path)


def read_raw(path: Path) -> RawSamples:
    """Return the upright picture of a raw file. Raises: InputError with the file and the cure."""
    if not path.is_file():
        raise InputError(f"{path}: no such file" if not path.is_dir() else f"{path}: is a folder; give a raw file")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty; copy it from the camera again")
    tags = read_tags(path)
    try:
        with rawpy.imread(str(path)) as raw:
            return _read(path, raw, tags)
    except rawpy.LibRawFileUnsupportedError as error:
        raise InputError(f"{path}: {_what_instead(path)}; give the camera's own raw file") from error
    except rawpy.LibRawUnsufficientMemoryError as error:
        raise ResourceError(f"{path}: not enough memory to decode it") from error
    except (rawpy.LibRawError, rawpy.NotSupportedError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: LibRaw cannot decode it ({_reason(error)}); copy it again") from error


def _what_instead(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(8)
    kind = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), None)
    return f"is a {kind} picture, not a raw" if kind else "is not a raw file that LibRaw knows"


def _reason(error: Exception) -> str:
    text = error.args[0] if error.args else type(error).__name__
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def _read(path: Path, raw: rawpy.RawPy, tags: DngTags | None) -> RawSamples:
    cfa = _cfa(raw)
    calibration, colour_source = _calibration(path, raw, tags)
    gains, wb_source = _as_shot_gains(path, raw, tags, calibration)
    metadata: dict[str, Any] = _metadata(raw, tags) | {"colour_source": colour_source, "wb_source": wb_source}
    corrections, (height, width) = _corrections(path, raw, tags, cfa), (raw.sizes.height, raw.sizes.width)
    shading = corrections.shading and corrections.shading.oriented(raw.sizes.flip, height, width)
    geometry = corrections.geometry and filled(corrections.geometry, height, width).oriented(
        raw.sizes.flip, height, width
    )
    if cfa is None:
        samples, black, white = _demosaiced(path, raw), NO_BLACK, FULL_WHITE
        level_range = [65535.0]
    else:
        stored, flip = raw.raw_image_visible, raw.sizes.flip
        black, white = _levels(raw, tags, cfa)
        if any(low >= high for low, high in zip(black, white, strict=True)):
            raise InputError(f"{path}: black level {black} is not below white level {white}; its tags are damaged")
        if tags is None:
            _check_last_rows(path, stored)
        stored = _without_bad_pixels(path, stored, corrections)
        cfa = orient_cfa(cfa, flip, *stored.shape)
        samples = orient(stored, flip)
        level_range = [high - low for low, high in zip(black, white, strict=True)]
    baseline_ev = tags.baseline_exposure_ev if tags else None
    noise, noise_source = estimate_noise(metadata["iso"], level_range)
    if tags is not None and tags.noise_profile is not None:
        noise, noise_source = tags.noise_profile, "DNG NoiseProfile"
    return RawSamples(
        samples=samples,
        cfa=cfa,
        black_level_dn=black,
        white_level_dn=white,
        wb_as_shot=gains,
        calibration=calibration,
        noise=noise,
        baseline_exposure_ev=baseline_ev or 0.0,
        shading=shading,
        geometry=geometry,
        metadata=metadata
        | {
            "noise_source": noise_source,
            "exposure_source": PICTURE_EXPOSURE if baseline_ev is None else "DNG BaselineExposure",
            "corrections": {"applied": list(corrections.applied), "not_applied": list(corrections.not_applied)},
        },
        name=path.stem,
        path=str(path),
    )


def _corrections(path: Path, raw: rawpy.RawPy, tags: DngTags | None, cfa: str | None) -> LensCorrections:
    if tags is None or not tags.opcodes:
        return LensCorrections(None, (), (), ())
    (top, left, *active), sizes = tags.active_px, raw.sizes
    visible = (sizes.top_margin - top, sizes.left_margin - left)
    sensor = Sensor((active[0], active[1]), visible, (top, left), cfa, tags.planes)
    return lens_corrections(str(path), tags.opcodes, sensor)


def _without_bad_pixels(path: Path, mosaic: np.ndarray, corrections: LensCorrections) -> np.ndarray:
    if not corrections.bad_pixels:
        return mosaic
    masks = [bad_pixel_mask(str(path), mosaic, *bad) for bad in corrections.bad_pixels]
    return replace_bad_pixels(mosaic, np.logical_or.reduce(masks))


def _cfa(raw: rawpy.RawPy) -> str | None:
    """The Bayer block at the corner of the visible picture; None for anything else."""
    pattern = raw.raw_pattern
    if raw.raw_type is not rawpy.RawType.Flat or pattern is None or pattern.shape != (2, 2):
        return None
    block = "".join(chr(raw.color_desc[index]) for index in pattern.ravel())
    return block if block in CFA_PATTERNS else None


def _levels(raw: rawpy.RawPy, tags: DngTags | None, cfa: str) -> tuple[Levels, Levels]:
    """Black and white per colour of the upright picture, in DN.

    A DNG's own black levels start at its active area, whose odd margins LibRaw rounds up: it then misplaces
    them, so the tags come first. Turning the picture by 90 degrees swaps red rows with red columns, and so
    the two greens.
    """
    pattern = np.asarray(raw.raw_pattern)
    black, white = [0.0] * 4, [float(raw.white_level)] * 4
    for (row, column), colour in cfa_sites(cfa).items():
        index = int(pattern[row, column])
        black[colour] = float(raw.black_level_per_channel[index])
        if tags is not None and tags.black_level_dn is not None:
            top, left = (
                raw.sizes.top_margin - tags.active_px[0],
                raw.sizes.left_margin - tags.active_px[1],
            )
            black[colour] = float(tags.black_level_dn[(row + top) % 2, (column + left) % 2])
        if tags is not None and tags.white_level_dn is not None:
            white[colour] = tags.white_level_dn
        elif raw.camera_white_level_per_channel:
            white[colour] = float(raw.camera_white_level_per_channel[index] or raw.white_level)
    order = (0, 2, 1, 3) if raw.sizes.flip & 4 else (0, 1, 2, 3)
    return _four(black, order), _four(white, order)


def _four(levels: Sequence[float], order: Sequence[int]) -> Levels:
    red, first_green, second_green, blue = (levels[index] for index in order)
    return red, first_green, second_green, blue


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
    return rgb.astype(np.float32) / 65535


def _calibration(path: Path, raw: rawpy.RawPy, tags: DngTags | None) -> tuple[CameraCalibration, str]:
    if tags is not None and tags.calibration is not None:
        return tags.calibration, "DNG ColorMatrix"
    known = np.asarray(raw.rgb_xyz_matrix, np.float64)[:3]
    if np.linalg.matrix_rank(known) == 3:
        return CameraCalibration((known,), (6504.0,)), "LibRaw's table (D65)"
    if _cfa(raw) is None:
        raise InputError(
            f"{path}: has neither a Bayer pattern nor a known colour matrix; convert it with the camera "
            "maker's or Adobe's DNG converter"
        )
    return CameraCalibration.from_linear_srgb(), "assumed sRGB primaries: the camera is unknown"


def _as_shot_gains(
    path: Path, raw: rawpy.RawPy, tags: DngTags | None, calibration: CameraCalibration
) -> tuple[tuple[float, float, float], str]:
    if tags is not None and tags.as_shot_neutral is not None:
        red, green, blue = tags.as_shot_neutral
        return checked_gains(str(path), (1 / red, 1 / green, 1 / blue)), "DNG AsShotNeutral"
    for gains, source in (
        (raw.camera_whitebalance, "camera"),
        (raw.daylight_whitebalance, "daylight: none was recorded"),
    ):
        if all(np.isfinite(gain) and gain > 0 for gain in gains[:3]):
            return checked_gains(str(path), gains[:3]), source
    red, green, blue = calibration.xyz_to_camera[-1] @ np.array(D65_XYZ)
    return checked_gains(str(path), (1 / red, 1 / green, 1 / blue)), "D65: none was recorded"


def _metadata(raw: rawpy.RawPy, tags: DngTags | None) -> dict[str, Any]:
    other = raw.other
    return {
        "make": tags.make if tags else "",
        "model": tags.model if tags else "",
        "iso": (tags and tags.iso) or other.iso_speed or None,
        "exposure_s": (tags and tags.exposure_s) or other.shutter_speed or None,
        "f_number": (tags and tags.f_number) or other.aperture or None,
        "focal_length_mm": (tags and tags.focal_length_mm) or other.focal_length or None,
        "captured_at": tags.captured_at if tags else _time(other.timestamp),
    }


def _time(timestamp: datetime) -> str | None:
    """LibRaw's time of capture as ISO 8601; it says 1970 where a file has none."""
    return timestamp.isoformat() if timestamp.year > 1970 else None


def _check_last_rows(path: Path, mosaic: np.ndarray) -> None:
    """LibRaw fills what a truncated file lacks with one value and only warns: real rows hold noise."""
    last = mosaic[-max(2, len(mosaic) // 50) :]
    if last.min() == last.max() and mosaic.min() < mosaic.max():
        raise InputError(f"{path}: truncated, its last rows hold no picture; copy it from the camera again")
