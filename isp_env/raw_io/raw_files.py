"""Reading camera raw files: what LibRaw and the DNG's own tags say, put together as the samples of a frame."""

from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError
from isp_env.cfa import orient, orient_cfa
from isp_env.noise import estimate_noise
from isp_env.raw_io.bad_pixels import bad_pixel_mask, replace_bad_pixels
from isp_env.raw_io.camera_colour import as_shot_gains, calibration_of
from isp_env.raw_io.decoding.kinds import check_regular, check_unchanged
from isp_env.raw_io.decoding.libraw import Decoded
from isp_env.raw_io.decoding.sandbox import LIMITS, Limits, read_contents
from isp_env.raw_io.dng_tags import DngTags, tags_of
from isp_env.raw_io.lens_corrections import LensCorrections, Sensor, lens_corrections
from isp_env.raw_io.level_checks import check_assumed_white, check_levels, check_phase
from isp_env.raw_io.levels import levels_of
from isp_env.raw_samples import FULL_WHITE, NO_BLACK, RawSamples

PICTURE_EXPOSURE = "the picture: no BaselineExposure"  # what `exposure_source` says where a file states none


def read_raw(path: Path, limits: Limits = LIMITS) -> RawSamples:
    """Return the upright picture of a raw file, decoded in a child process. Raises: InputError with the file and the cure."""
    before = check_regular(path)
    contents = read_contents(path, limits)
    check_unchanged(path, before)
    return samples_of(path, contents.decoded, contents.directories and tags_of(path, contents.directories))


def samples_of(path: Path, decoded: Decoded, tags: DngTags | None) -> RawSamples:
    """Return the upright picture of what was read of a file. Raises: InputError if it contradicts itself."""
    cfa = decoded.cfa
    calibration, colour_source = calibration_of(path, decoded, tags)
    gains, wb_source = as_shot_gains(path, decoded, tags, calibration)
    metadata: dict[str, Any] = _metadata(decoded, tags) | {"colour_source": colour_source, "wb_source": wb_source}
    corrections = _corrections(path, decoded, tags)
    shading = corrections.shading and corrections.shading.oriented(decoded.flip, *decoded.size_px)
    if cfa is None:
        samples, black, white = decoded.samples.astype(np.float32) / 65535, NO_BLACK, FULL_WHITE
        level_range = [65535.0]
    else:
        black, white = levels_of(decoded, tags)
        check_levels(path, decoded.samples, black, white)
        if tags is not None and tags.white_level_dn is None:
            check_assumed_white(path, decoded.samples, white)
        check_phase(path, decoded.samples, cfa, black)
        if tags is None:
            _check_last_rows(path, decoded.samples)
        stored = _without_bad_pixels(path, decoded.samples, corrections)
        cfa = orient_cfa(cfa, decoded.flip, *stored.shape)
        samples = orient(stored, decoded.flip)
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
        metadata=metadata
        | {
            "noise_source": noise_source,
            "exposure_source": PICTURE_EXPOSURE if baseline_ev is None else "DNG BaselineExposure",
            "corrections": {
                "applied": list(corrections.applied),
                "not_applied": [*corrections.not_applied, *decoded.doubts],
            },
        },
        name=path.stem,
        path=str(path),
    )


def _corrections(path: Path, decoded: Decoded, tags: DngTags | None) -> LensCorrections:
    if tags is None or not tags.opcodes:
        return LensCorrections(None, (), (), ())
    top, left, *active = tags.active_px
    visible = (decoded.corner_px[0] - top, decoded.corner_px[1] - left)
    sensor = Sensor((active[0], active[1]), visible, (top, left), decoded.cfa, tags.planes)
    return lens_corrections(str(path), tags.opcodes, sensor)


def _without_bad_pixels(path: Path, mosaic: np.ndarray, corrections: LensCorrections) -> np.ndarray:
    if not corrections.bad_pixels:
        return mosaic
    masks = [bad_pixel_mask(str(path), mosaic, *bad) for bad in corrections.bad_pixels]
    return replace_bad_pixels(mosaic, np.logical_or.reduce(masks))


def _metadata(decoded: Decoded, tags: DngTags | None) -> dict[str, Any]:
    return {
        "make": tags.make if tags else "",
        "model": tags.model if tags else "",
        "iso": (tags and tags.iso) or decoded.iso,
        "exposure_s": (tags and tags.exposure_s) or decoded.exposure_s,
        "f_number": (tags and tags.f_number) or decoded.f_number,
        "focal_length_mm": (tags and tags.focal_length_mm) or decoded.focal_length_mm,
        "captured_at": tags.captured_at if tags else decoded.captured_at,
    }


def _check_last_rows(path: Path, mosaic: np.ndarray) -> None:
    """LibRaw fills what a truncated file lacks with one value and only warns: real rows hold noise."""
    last = mosaic[-max(2, len(mosaic) // 50) :]
    if last.min() == last.max() and mosaic.min() < mosaic.max():
        raise InputError(f"{path}: truncated, its last rows hold no picture; copy it from the camera again")
