"""Reading camera raw files: what LibRaw and the DNG's own tags say, put together as the samples of a frame."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError
from isp_env.cfa import orient, orient_cfa
from isp_env.noise import estimate_noise
from isp_env.raw_io.bad_pixels import bad_pixel_mask, replace_bad_pixels
from isp_env.raw_io.camera_colour import as_shot_gains, calibration_of
from isp_env.raw_io.camera_profiles import CameraProfile
from isp_env.raw_io.decoding.kinds import check_regular, check_unchanged
from isp_env.raw_io.decoding.libraw import Decoded
from isp_env.raw_io.decoding.sandbox import LIMITS, Limits, read_contents
from isp_env.raw_io.dng_crop import cropped
from isp_env.raw_io.dng_tags import DngTags, tags_of
from isp_env.raw_io.lens_corrections import LensCorrections, Sensor, lens_corrections
from isp_env.raw_io.level_checks import CURE, check_levels, check_phase
from isp_env.raw_io.levels import Levelled, levelled
from isp_env.raw_samples import RawSamples

PICTURE_EXPOSURE = "the picture: no BaselineExposure"  # what `exposure_source` says where a file states none


def read_raw(path: Path, limits: Limits = LIMITS, profile: CameraProfile | None = None) -> RawSamples:
    """Return the upright picture of a raw file, decoded in a child process; `profile` takes the place of its own colour.

    Raises: InputError with the file and the cure.
    """
    before = check_regular(path)
    contents = read_contents(path, limits)
    check_unchanged(path, before)
    return samples_of(path, contents.decoded, contents.directories and tags_of(path, contents.directories), profile)


def samples_of(path: Path, decoded: Decoded, tags: DngTags | None, profile: CameraProfile | None = None) -> RawSamples:
    """Return the upright picture of what was read of a file. Raises: InputError if it contradicts itself."""
    calibration, colour_source = calibration_of(path, decoded, tags, profile)
    gains, wb_source = as_shot_gains(path, decoded, tags, calibration)
    metadata: dict[str, Any] = _metadata(decoded, tags) | {"colour_source": colour_source, "wb_source": wb_source}
    whole, decoded = decoded, cropped(decoded, tags and tags.crop_px)
    corrections = _corrections(path, decoded, tags)
    shading = corrections.shading and corrections.shading.oriented(decoded.flip, *decoded.size_px)
    if decoded.cfa is not None:
        if tags is None:
            _check_last_rows(path, decoded.samples)
        decoded = replace(decoded, samples=_without_bad_pixels(path, decoded.samples, corrections))
    levels = levelled(decoded, tags)
    if min(levels.range_dn) <= 0:
        raise InputError(f"{path}: its largest black level is not below white ({levels.range_dn} DN); {CURE}")
    samples = levels.samples if decoded.upright else orient(levels.samples, decoded.flip)
    cfa = decoded.cfa and orient_cfa(decoded.cfa, decoded.flip, *decoded.size_px)
    if cfa is not None:
        check_levels(path, samples, levels.black, levels.white)
        check_phase(path, samples, cfa, levels.black)
    baseline_ev = _exposure_ev(tags, profile)
    noise, noise_source = _noise(metadata["iso"], levels, tags)
    return RawSamples(
        samples=samples,
        cfa=cfa,
        black_level_dn=levels.black,
        white_level_dn=levels.white,
        wb_as_shot=gains,
        calibration=calibration,
        noise=noise,
        baseline_exposure_ev=baseline_ev or 0.0,
        shading=shading,
        optical_centre_px=_optical_centre(whole, decoded),
        metadata=metadata
        | {
            "noise_source": noise_source,
            "exposure_source": PICTURE_EXPOSURE if baseline_ev is None else "DNG BaselineExposure",
            "corrections": {
                "applied": list(corrections.applied),
                "not_applied": [*corrections.not_applied, *_left_out(tags, profile), *decoded.doubts],
            },
        },
        name=path.stem,
        path=str(path),
    )


def _exposure_ev(tags: DngTags | None, profile: CameraProfile | None) -> float | None:
    """The file's BaselineExposure with the profile's offset; None if it states none."""
    if tags is None or tags.baseline_exposure_ev is None:
        return None
    profile = profile or tags.colour.profile
    return tags.baseline_exposure_ev + (profile.exposure_offset_ev if profile else 0.0)


def _noise(iso: float | None, levels: Levelled, tags: DngTags | None) -> tuple[tuple[float, float], str]:
    """The file's NoiseProfile, else an estimate, with what a DNG's hints say of it, and where it comes from."""
    if tags is not None and tags.noise_profile is not None:
        return tags.noise_profile, "DNG NoiseProfile"
    noise, source = estimate_noise(iso, levels.range_dn)
    factor = tags.hints.noise * tags.hints.noise_left if tags else 1.0
    if factor == 1.0:
        return noise, source
    return (noise[0] * factor**2, noise[1] * factor**2), f"{source}, times {factor:g} by the DNG's hints"


def _left_out(tags: DngTags | None, profile: CameraProfile | None) -> list[str]:
    """What the file or the profile says of the picture that is not followed, by name."""
    profile = profile or (tags.colour.profile if tags else None)
    return [*(profile.not_applied if profile else ()), *(tags.hints.not_applied if tags else ())]


def _optical_centre(whole: Decoded, shown: Decoded) -> tuple[float, float] | None:
    """The middle of the whole picture in the upright part of it that is shown; None where it is the part's own middle."""
    corner = [shown.corner_px[axis] - whole.corner_px[axis] for axis in (0, 1)]
    centre = [(whole.size_px[axis] - 1) / 2 - corner[axis] for axis in (0, 1)]
    if all(centre[axis] == (shown.size_px[axis] - 1) / 2 for axis in (0, 1)):
        return None
    row, column = (
        shown.size_px[axis] - 1 - centre[axis] if shown.flip & mirrored else centre[axis]
        for axis, mirrored in ((0, 2), (1, 1))
    )
    return (column, row) if shown.flip & 4 else (row, column)


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
