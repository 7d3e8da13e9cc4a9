"""What a file asks to be corrected in its picture, and what its owner knows better, in the part that is shown."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from isp_env.raw_io.decoding.decoded import Decoded
from isp_env.raw_io.dng_tags.meaning import DngTags
from isp_env.raw_io.opcodes.bad_pixels import bad_pixel_mask, replace_bad_pixels
from isp_env.raw_io.opcodes.corrections import LensCorrections, Sensor, lens_corrections
from isp_env.raw_io.own_sensor.description import SensorDescription
from isp_env.raw_io.own_sensor.reference_frames import flat_field_shading


def corrections_of(
    path: Path, whole: Decoded, shown: Decoded, tags: DngTags | None, own: SensorDescription
) -> LensCorrections:
    """Return the corrections of the part of the picture that is `shown`, not turned yet; a flat field takes the place of gain maps."""
    corrections = _asked_for(path, shown, tags)
    of_flat = flat_field_shading(whole, own)
    if of_flat is None:
        return corrections
    shading = of_flat.cropped(*_corner(whole, shown))
    return replace(corrections, shading=shading, applied=(*corrections.applied, "flat field"))


def optical_centre(whole: Decoded, shown: Decoded) -> tuple[float, float] | None:
    """Return the middle of the whole picture in the upright part of it that is shown; None where it is the part's own middle."""
    corner = _corner(whole, shown)
    centre = [(whole.size_px[axis] - 1) / 2 - corner[axis] for axis in (0, 1)]
    if all(centre[axis] == (shown.size_px[axis] - 1) / 2 for axis in (0, 1)):
        return None
    row, column = (
        shown.size_px[axis] - 1 - centre[axis] if shown.flip & mirrored else centre[axis]
        for axis, mirrored in ((0, 2), (1, 1))
    )
    return (column, row) if shown.flip & 4 else (row, column)


def without_bad_pixels(path: Path, mosaic: np.ndarray, corrections: LensCorrections) -> np.ndarray:
    """Return the mosaic with the samples that the file calls bad replaced."""
    if not corrections.bad_pixels:
        return mosaic
    masks = [bad_pixel_mask(str(path), mosaic, *bad) for bad in corrections.bad_pixels]
    return replace_bad_pixels(mosaic, np.logical_or.reduce(masks))


def _asked_for(path: Path, decoded: Decoded, tags: DngTags | None) -> LensCorrections:
    if tags is None or not tags.opcodes:
        return LensCorrections(None, (), (), ())
    top, left, *active = tags.active_px
    visible = (decoded.corner_px[0] - top, decoded.corner_px[1] - left)
    sensor = Sensor((active[0], active[1]), visible, (top, left), decoded.cfa, tags.planes)
    return lens_corrections(str(path), tags.opcodes, sensor)


def _corner(whole: Decoded, shown: Decoded) -> tuple[int, int]:
    return shown.corner_px[0] - whole.corner_px[0], shown.corner_px[1] - whole.corner_px[1]
