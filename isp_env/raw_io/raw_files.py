"""Reading camera raw files: what LibRaw and the DNG's own tags say, put together as the samples of a frame."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError
from isp_env.cfa import orient, orient_cfa
from isp_env.noise import estimate_noise
from isp_env.raw_io.bad_pixels import bad_pixel_mask, replace_bad_pixels
from isp_env.raw_io.camera_colour import OWN, colour_of
from isp_env.raw_io.decoding.libraw import Decoded
from isp_env.raw_io.decoding.sandbox import LIMITS, Limits, read_contents
from isp_env.raw_io.dng_tags import DngTags, tags_of
from isp_env.raw_io.headerless import is_headerless, read_headerless
from isp_env.raw_io.lens_corrections import LensCorrections, Sensor, lens_corrections
from isp_env.raw_io.levels import levels_of
from isp_env.raw_io.reference_frames import flat_field_shading, without_black_frame
from isp_env.raw_io.sensor_description import NOTHING, SensorDescription
from isp_env.raw_io.sensor_file import description_of
from isp_env.raw_samples import FULL_WHITE, NO_BLACK, RawSamples

PICTURE_EXPOSURE = "the picture: no BaselineExposure"  # what `exposure_source` says where a file states none


def read_raw(path: Path, own: SensorDescription = NOTHING, limits: Limits = LIMITS) -> RawSamples:
    """Return the upright picture of a raw file, decoded in a child process; `own` and sensor files beside it come before what
    it says itself. Raises: InputError with the file and the cure.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file" if not path.is_dir() else f"{path}: is a folder; give a raw file")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty; copy it from the camera again")
    own = description_of(path, own)
    if is_headerless(path, own):
        return samples_of(path, read_headerless(path, own), None, own)
    contents = read_contents(path, limits)
    return samples_of(path, contents.decoded, contents.directories and tags_of(path, contents.directories), own)


def samples_of(path: Path, decoded: Decoded, tags: DngTags | None, own: SensorDescription = NOTHING) -> RawSamples:
    """Return the upright picture of what was read of a file, and of what is known besides.

    Raises: InputError if it contradicts itself.
    """
    decoded, own = without_black_frame(decoded, own)
    cfa, colour = decoded.cfa, colour_of(path, decoded, tags, own)
    metadata = _metadata(decoded, tags, own)
    metadata |= {"colour_source": colour.calibration_source, "wb_source": colour.gains_source}
    corrections = _corrections(path, decoded, tags)
    if (of_flat := flat_field_shading(decoded, own)) is not None:
        corrections = replace(corrections, shading=of_flat, applied=(*corrections.applied, "flat field"))
    shading = corrections.shading
    shading = shading and shading.oriented(decoded.flip, *decoded.size_px)
    if cfa is None:
        samples, black, white = decoded.samples.astype(np.float32) / 65535, NO_BLACK, FULL_WHITE
        level_range = [65535.0]
    else:
        black, white = levels_of(decoded, tags, own)
        if any(low >= high for low, high in zip(black, white, strict=True)):
            raise InputError(f"{path}: black level {black} is not below white level {white}; its tags are damaged")
        if tags is None and own.layout is None:
            _check_last_rows(path, decoded.samples)
        stored = _without_bad_pixels(path, decoded.samples, corrections)
        cfa = orient_cfa(cfa, decoded.flip, *stored.shape)
        samples = orient(stored, decoded.flip)
        level_range = [high - low for low, high in zip(black, white, strict=True)]
    baseline_ev = tags.baseline_exposure_ev if tags else None
    noise, noise_source = estimate_noise(metadata["iso"], level_range)
    if tags is not None and tags.noise_profile is not None:
        noise, noise_source = tags.noise_profile, "DNG NoiseProfile"
    if own.noise is not None:
        noise, noise_source = own.noise, OWN
    return RawSamples(
        samples=samples,
        cfa=cfa,
        black_level_dn=black,
        white_level_dn=white,
        wb_as_shot=colour.gains,
        calibration=colour.calibration,
        noise=noise,
        baseline_exposure_ev=baseline_ev or 0.0,
        shading=shading,
        metadata=metadata
        | {
            "noise_source": noise_source,
            "exposure_source": PICTURE_EXPOSURE if baseline_ev is None else "DNG BaselineExposure",
            "corrections": {"applied": list(corrections.applied), "not_applied": list(corrections.not_applied)},
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


def _metadata(decoded: Decoded, tags: DngTags | None, own: SensorDescription) -> dict[str, Any]:
    return {
        "make": own.make or (tags.make if tags else ""),
        "model": own.model or (tags.model if tags else ""),
        "iso": own.iso or (tags and tags.iso) or decoded.iso,
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
