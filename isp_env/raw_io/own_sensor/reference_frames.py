"""Pictures of the dark and of an even white, which a lab takes of its own sensor: what they show is undone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import tifffile

from attiqa_core.errors import InputError
from attiqa_core.files.damaged import read_array, refusing
from attiqa_core.photos.limits import check_pixels
from attiqa_core.photos.tiff_files import check_parts
from isp_env.lens.shading import LensShading
from isp_env.raw_io.decoding.decoded import Decoded
from isp_env.raw_io.decoding.sandbox import read_contents
from isp_env.raw_io.own_sensor.description import SensorDescription
from isp_env.raw_io.own_sensor.headerless import is_headerless, samples_of_layout
from isp_env.raw_io.stored_png import read_png
from isp_env.sensor.cfa import cfa_sites

CURE = "take it again, or copy it again"
FLAT_KNOTS = (24, 32)  # of the shading that a flat field becomes: rows and columns at most
LEAST_CELL_PX = 8  # a knot is the mean of so many samples of a colour across, at least: its noise is nothing then
HIGHEST_SHADING = 20.0  # beyond it a flat field is taken to be no flat field


def without_black_frame(decoded: Decoded, own: SensorDescription) -> tuple[Decoded, SensorDescription]:
    """Return the mosaic less what the sensor shows in the dark, to whole DN; the dark's mean stays, as the black level."""
    if own.black_frame is None or decoded.cfa is None:
        return decoded, own
    dark = np.rint(_reference(own.black_frame, decoded, own)).astype(np.int32)
    level = int(np.rint(dark.mean()))
    corrected = np.clip(decoded.samples.astype(np.int32) - dark + level, 0, 65535).astype(np.uint16)
    return replace(decoded, samples=corrected), replace(own, black_dn=(float(level),) * 4)


def flat_field_shading(decoded: Decoded, own: SensorDescription) -> LensShading | None:
    """Return the gains that make a flat field flat, colour by colour, 1 where it is brightest; None where there is none."""
    if own.flat_field is None or decoded.cfa is None:
        return None
    flat = _reference(own.flat_field, decoded, own)
    height, width = flat.shape
    rows, columns = (
        max(1, min(most, side // 2 // LEAST_CELL_PX)) for most, side in zip(FLAT_KNOTS, flat.shape, strict=True)
    )
    gains = np.ones((4, rows + 2, columns + 2))
    for (row, column), colour in cfa_sites(decoded.cfa).items():
        black = own.black_dn[colour] if own.black_dn else decoded.black_dn[decoded.sites[2 * row + column]]
        means = _cell_means(flat[row::2, column::2] - black, rows, columns)
        if means.min() <= 0 or means.max() / means.min() > HIGHEST_SHADING:
            raise InputError(f"{own.flat_field}: is no flat field: its light falls to {means.min() / means.max():.2f}")
        gains[colour] = _with_rim(means.max() / means)
    spacing = (height / rows, width / columns)
    return LensShading(gains.astype(np.float32), (-spacing[0] / 2, -spacing[1] / 2), spacing)


def _with_rim(gains: np.ndarray) -> np.ndarray:
    """The grid with one more knot on each side, beyond the picture, in line with the last two: its edges go on as they began."""
    for axis in (0, 1):
        first, last = (np.take(gains, (end,), axis) for end in (0, -1))
        if gains.shape[axis] > 1:
            first, last = (2 * end - np.take(gains, (next_,), axis) for end, next_ in ((first, 1), (last, -2)))
        gains = np.maximum(np.concatenate([first, gains, last], axis), 0.5)
    return gains


def _tiff(path: Path) -> np.ndarray:
    with tifffile.TiffFile(path) as file:
        page = file.series[0].keyframe
        check_pixels(page.imagewidth, page.imagelength, str(path))
        check_parts(page, str(path))
        return file.asarray()


def _cell_means(plane: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Means of a plane over rows x columns equal cells, borders that share a sample taken whole."""
    edges = [
        np.linspace(0, side, count + 1).round().astype(int)
        for side, count in zip(plane.shape, (rows, columns), strict=True)
    ]
    sums = np.add.reduceat(np.add.reduceat(plane.astype(np.float64), edges[0][:-1], 0), edges[1][:-1], 1)
    return sums / np.outer(np.diff(edges[0]), np.diff(edges[1]))


def _reference(path: Path, decoded: Decoded, own: SensorDescription) -> np.ndarray:
    """A dark or white picture's mosaic in DN, as the sensor reads out."""
    match path.suffix.lower():
        case ".npy":
            samples = read_array(path, CURE)
        case ".tif" | ".tiff":
            with refusing(path, CURE):
                samples = _tiff(path)
        case ".png":
            samples = read_png(path)
        case _ if is_headerless(path, own):
            assert own.layout is not None
            samples = samples_of_layout(path, own.layout)
        case _:
            samples = read_contents(path).decoded.samples
    if samples.shape != decoded.samples.shape:
        raise InputError(
            f"{path}: is {samples.shape}, the raw {decoded.samples.shape}; take it with the same camera settings"
        )
    return samples
