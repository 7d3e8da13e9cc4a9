"""Raws of one or four colours as raws of three, and tags that are for another number of colours left out: what follows knows three."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from attiqa_core.errors import InputError
from isp_env.colorimetry.rgb_spaces import D65_XYZ, XYZ_TO_REC2020
from isp_env.raw_io.decoding.decoded import NO_GAINS, Decoded
from isp_env.raw_io.decoding.directories import Directories
from isp_env.raw_io.decoding.plausible import RANGES
from isp_env.raw_io.decoding.tiff_tags import (
    ANALOG_BALANCE,
    CAMERA_CALIBRATIONS,
    COLOR_MATRICES,
    DOUBLE,
    FORWARD_MATRICES,
    ILLUMINANTS,
    NEUTRAL,
    SHORT,
    WHITE_XY,
    Tag,
    numbers,
)

D65 = 21  # EXIF LightSource
FULL = 65535
OF_FOUR = (*COLOR_MATRICES, *CAMERA_CALIBRATIONS, *FORWARD_MATRICES, ANALOG_BALANCE, NEUTRAL, *ILLUMINANTS[1:])
COUNT_OF_THREE = dict.fromkeys((*COLOR_MATRICES, *CAMERA_CALIBRATIONS, *FORWARD_MATRICES), 9) | {
    ANALOG_BALANCE: 3,
    NEUTRAL: 3,
}


def as_three_colours(
    path: Path, decoded: Decoded, directories: Directories | None
) -> tuple[Decoded, Directories | None]:
    """Return the picture in the primaries of Rec. 2020, white balanced, and the directories of such a camera; others as they are.

    Tags of a monochrome picture's colours, and tags for another number of colours, are left out. The least-squares inverse of the
    camera's matrix takes four colours to three; few of nature's are negative in those primaries. White is balanced before, and cut
    where the first of the four clips: later, what is blown out would be a colour. Raises: InputError without such a matrix.
    """
    if decoded.colours != 4:
        return decoded, directories and _of_these(directories, decoded.colours)
    matrix = _matrix(directories.first) if directories else None
    matrix = decoded.xyz_to_camera if matrix is None else matrix
    if matrix.shape != (4, 3) or np.linalg.matrix_rank(matrix) < 3:
        raise InputError(
            f"{path}: is of four colours, and how they answer to light is not known; convert it with the camera maker's or "
            "Adobe's DNG converter"
        )
    to_three = XYZ_TO_REC2020 @ np.linalg.pinv(matrix)
    of_four, known = _white(decoded, directories and directories.first, matrix, to_three)
    of_three = to_three @ of_four
    balanced = to_three * of_four / of_three[:, None]  # white is (1, 1, 1), of four as of three
    planes = np.minimum(decoded.samples.astype(np.float32) / of_four.astype(np.float32), FULL)
    camera = XYZ_TO_REC2020 / of_three[:, None]
    return replace(
        decoded,
        samples=np.rint(np.clip(planes @ balanced.T.astype(np.float32), 0, FULL)).astype(np.uint16),
        colours=3,
        xyz_to_camera=camera,
        camera_gains=(1.0, 1.0, 1.0, 1.0) if known else NO_GAINS,
        daylight_gains=NO_GAINS,
    ), directories and _of_three(directories, camera)


def _of_these(directories: Directories, colours: int) -> Directories:
    """The directories without the colour tags that three colours cannot have, or that one colour does not need."""
    first = directories.first
    unfit = [code for code, count in COUNT_OF_THREE.items() if code in first and len(numbers(first, code)) != count]
    doubts = tuple(
        f"{RANGES[code].name} has {len(numbers(first, code))} numbers, not {COUNT_OF_THREE[code]}" for code in unfit
    )
    if colours == 1:
        unfit, doubts = list(COUNT_OF_THREE), ()
    kept = {code: tag for code, tag in first.items() if code not in unfit}
    return replace(directories, first=kept, doubts=(*directories.doubts, *doubts))


def _matrix(first: Mapping[int, Tag]) -> np.ndarray | None:
    """XYZ to the four colours under the last light that the DNG knows; None if it has no such matrix."""
    for matrix, individual in zip(COLOR_MATRICES[::-1], CAMERA_CALIBRATIONS[::-1], strict=True):
        if len(numbers(first, matrix)) == 12:
            unit = np.array(numbers(first, individual) or np.eye(4)).reshape(4, 4)
            balance = np.diag(numbers(first, ANALOG_BALANCE) or [1.0] * 4)
            return balance @ unit @ np.array(numbers(first, matrix)).reshape(4, 3)
    return None


def _white(
    decoded: Decoded, first: Mapping[int, Tag] | None, matrix: np.ndarray, to_three: np.ndarray
) -> tuple[np.ndarray, bool]:
    """The four colours' answer to white, the largest 1, and whether the file knows it; else daylight's."""
    stated, xy, gains = numbers(first or {}, NEUTRAL), numbers(first or {}, WHITE_XY), np.array(decoded.camera_gains)
    whites = [np.array(stated)] if len(stated) == 4 else []
    whites += [matrix @ np.array([xy[0] / xy[1], 1, (1 - xy[0] - xy[1]) / xy[1]])] if len(xy) == 2 else []
    whites += [1 / gains] if (gains > 0).all() else []
    fitting = [white for white in whites if (white > 0).all() and (to_three @ white > 0).all()]
    white = fitting[0] if fitting else matrix @ np.array(D65_XYZ)
    return white / white.max(), bool(fitting)


def _of_three(directories: Directories, camera: np.ndarray) -> Directories:
    """The directories of a camera of three colours; an AsShotNeutral of four is one of three, AsShotWhiteXY stays."""
    kept = {code: tag for code, tag in directories.first.items() if code not in OF_FOUR}
    kept |= {COLOR_MATRICES[0]: (DOUBLE, tuple(camera.ravel().tolist())), ILLUMINANTS[0]: (SHORT, D65)}
    if len(numbers(directories.first, NEUTRAL)) == 4:
        kept[NEUTRAL] = (DOUBLE, (1.0, 1.0, 1.0))
    return replace(directories, first=kept)
