"""The part of a DNG's picture that is meant to be seen.

Source: DNG Specification 1.7.1.0, chapter 4, ActiveArea, DefaultCropOrigin, DefaultCropSize; rounded as Adobe's DNG SDK rounds.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from isp_env.cfa import orient
from isp_env.raw_io.decoding.directories import HEIGHT, WIDTH, Tag
from isp_env.raw_io.decoding.libraw import Decoded
from isp_env.raw_io.tag_values import numbers

CROP_ORIGIN, CROP_SIZE, ACTIVE_AREA = 50719, 50720, 50829

Area = tuple[int, int, int, int]
"""Top, left, height and width in px."""


def active_area(raw: Mapping[int, Tag]) -> Area:
    """Return the area of the stored picture that holds light; all of it unless the file says otherwise."""
    width, height = (int(raw[code][1]) for code in (WIDTH, HEIGHT))
    top, left, bottom, right = (int(edge) for edge in numbers(raw, ACTIVE_AREA) or (0, 0, height, width))
    return top, left, bottom - top, right - left


def default_crop(raw: Mapping[int, Tag], active_px: Area) -> Area | None:
    """Return the area of the stored picture to be seen, at most the active area; None if the file names none that could be."""
    origin, size = numbers(raw, CROP_ORIGIN) or [0.0, 0.0], numbers(raw, CROP_SIZE)
    if len(origin) != 2 or len(size) != 2 or not all(math.isfinite(each) and each >= 0 for each in (*origin, *size)):
        return None
    (left, top), (width, height) = ([math.floor(each + 0.5) for each in pair] for pair in (origin, size))
    active_top, active_left, active_height, active_width = active_px
    height, width = min(height, active_height - top), min(width, active_width - left)
    return (active_top + top, active_left + left, height, width) if min(height, width) >= 2 else None


def cropped(decoded: Decoded, area: Area | None) -> Decoded:
    """Return what was decoded with only this area of the stored picture visible; the mosaic's phase follows."""
    if area is None:
        return decoded
    (corner_top, corner_left), (visible_height, visible_width) = decoded.corner_px, decoded.size_px
    top, left = max(0, area[0] - corner_top), max(0, area[1] - corner_left)
    bottom = min(visible_height, area[0] + area[2] - corner_top)
    right = min(visible_width, area[1] + area[3] - corner_left)
    if (top, left, bottom, right) == (0, 0, visible_height, visible_width):
        return decoded
    place = np.zeros(decoded.size_px, bool)
    place[top:bottom, left:right] = True
    if decoded.upright:
        place = orient(place, decoded.flip)
    if place.shape != decoded.samples.shape[:2]:  # LibRaw turned or stretched the picture otherwise
        return decoded
    rows, columns = (np.flatnonzero(place.any(axis)) for axis in (1, 0))
    samples = decoded.samples[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return replace(
        decoded,
        samples=samples,
        cfa=decoded.cfa and "".join(_moved(decoded.cfa, top, left)),
        sites=_moved(decoded.sites, top, left) if decoded.sites else (),
        size_px=(bottom - top, right - left),
        corner_px=(corner_top + top, corner_left + left),
    )


def _moved(block, top: int, left: int) -> tuple:
    """The 2x2 block (row by row) at another corner."""
    return tuple(block[2 * ((row + top) % 2) + (column + left) % 2] for row in (0, 1) for column in (0, 1))
