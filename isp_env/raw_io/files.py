"""Reading camera raw files: what LibRaw and the DNG's own tags say, put together as the samples of a frame."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError
from isp_env.frames.raw_samples import RawSamples
from isp_env.lens.geometry import filled
from isp_env.raw_io.camera_colour import GREY_WORLD, NOT_RECORDED, colour_of
from isp_env.raw_io.corrections import corrections_of, optical_centre, without_bad_pixels
from isp_env.raw_io.decoding.decoded import Decoded
from isp_env.raw_io.decoding.kinds import check_regular, check_unchanged
from isp_env.raw_io.decoding.sandbox import LIMITS, Limits, read_contents
from isp_env.raw_io.decoding.tiff_tags import CURE
from isp_env.raw_io.dng_tags.crop import cropped
from isp_env.raw_io.dng_tags.meaning import DngTags, tags_of
from isp_env.raw_io.grey_world import grey_world_gains
from isp_env.raw_io.level_checks import check_assumed_white, check_levels, check_phase
from isp_env.raw_io.levels import levelled
from isp_env.raw_io.metadata import exposure_ev, left_out, metadata_of, noise_of
from isp_env.raw_io.own_sensor.description import NOTHING, SensorDescription
from isp_env.raw_io.own_sensor.files import description_of
from isp_env.raw_io.own_sensor.headerless import is_headerless, read_headerless
from isp_env.raw_io.own_sensor.reference_frames import without_black_frame
from isp_env.sensor.cfa import orient, orient_cfa

PICTURE_EXPOSURE = "the picture: no BaselineExposure"  # what `exposure_source` says where a file states none
OURS = "ours, of a Bayer mosaic"  # what `demosaic_source` says


def read_raw(path: Path, own: SensorDescription = NOTHING, limits: Limits = LIMITS) -> RawSamples:
    """Return the upright picture of a raw file, decoded in a child process; `own` and sensor files beside it come before what
    it says itself. Raises: InputError with the file and the cure.
    """
    before = check_regular(path)
    own = description_of(path, own)
    if is_headerless(path, own):
        return samples_of(path, read_headerless(path, own), None, own)
    contents = read_contents(path, limits)
    check_unchanged(path, before)
    tags = contents.directories and tags_of(path, contents.directories)
    return samples_of(path, contents.decoded, tags, own, contents.capture)


def samples_of(
    path: Path,
    decoded: Decoded,
    tags: DngTags | None,
    own: SensorDescription = NOTHING,
    capture: Mapping[str, Any] | None = None,
) -> RawSamples:
    """Return the upright picture of what was read of a file, and of what is known besides.

    `capture`, what `read_capture` returns, goes into the metadata as "exif".
    Raises: InputError if it contradicts itself.
    """
    colour, metadata = colour_of(path, decoded, tags, own), metadata_of(decoded, tags, own, capture or {})
    whole, own = without_black_frame(decoded, own)
    decoded = cropped(whole, tags and tags.crop_px)
    corrections = corrections_of(path, whole, decoded, tags, own)
    turn = (decoded.flip, *decoded.size_px)
    if decoded.cfa is not None:
        if tags is None and own.layout is None:
            _check_last_rows(path, decoded.samples)
        decoded = replace(decoded, samples=without_bad_pixels(path, decoded.samples, corrections))
    levels = levelled(decoded, tags, own)
    if min(levels.range_dn) <= 0:
        raise InputError(f"{path}: its largest black level is not below white ({levels.range_dn} DN); {CURE}")
    samples = orient(levels.samples, decoded.flip) if decoded.flip and not decoded.upright else levels.samples
    cfa = decoded.cfa and orient_cfa(decoded.cfa, *turn)
    if cfa is not None and not own.tells_levels:
        check_levels(path, samples, levels.black, levels.white)
        if tags is not None and tags.levels is not None and not tags.levels.white_dn:
            check_assumed_white(path, samples, levels.white)
        check_phase(path, samples, cfa, levels.black)
    gains = colour.gains
    if cfa is not None and colour.gains_source == GREY_WORLD:
        gains = grey_world_gains(samples, cfa, levels.black, levels.white)
    doubtful = [NOT_RECORDED[source] for source in (colour.gains_source,) if source in NOT_RECORDED]
    baseline_ev = exposure_ev(tags, own)
    noise, noise_source = noise_of(metadata["iso"], levels, tags, own)
    return RawSamples(
        samples=samples,
        cfa=cfa,
        black_level_dn=levels.black,
        white_level_dn=levels.white,
        wb_as_shot=gains,
        calibration=colour.calibration,
        noise=noise,
        baseline_exposure_ev=baseline_ev or 0.0,
        shading=corrections.shading and corrections.shading.oriented(*turn),
        geometry=corrections.geometry and filled(corrections.geometry, *turn[1:]).oriented(*turn),
        optical_centre_px=optical_centre(whole, decoded),
        metadata=metadata
        | {
            "colour_source": colour.calibration_source,
            "wb_source": colour.gains_source,
            "noise_source": noise_source,
            "demosaic_source": decoded.demosaic or OURS,
            "exposure_source": PICTURE_EXPOSURE if baseline_ev is None else "DNG BaselineExposure",
            "corrections": {
                "applied": list(corrections.applied),
                "not_applied": [*corrections.not_applied, *left_out(tags, own), *decoded.doubts, *doubtful],
            },
        },
        name=path.stem,
        path=str(path),
    )


def _check_last_rows(path: Path, mosaic: np.ndarray) -> None:
    """LibRaw fills what a truncated file lacks with one value and only warns: real rows hold noise."""
    last = mosaic[-max(2, len(mosaic) // 50) :]
    if last.min() == last.max() and mosaic.min() < mosaic.max():
        raise InputError(f"{path}: truncated, its last rows hold no picture; copy it from the camera again")
