"""The part of a DNG's picture that is meant to be seen.

Source: DNG Specification 1.7.1.0, chapter 4, ActiveArea, DefaultCropOrigin, DefaultCropSize; rounded as Adobe's DNG SDK rounds.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from isp_env.raw_io.decoding.decoded import Decoded
from isp_env.raw_io.decoding.tiff_tags import CROP_ORIGIN, CROP_SIZE, Area, Tag, numbers
from isp_env.sensor.cfa import moved_block, orient


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
        cfa=decoded.cfa and "".join(moved_block(decoded.cfa, top, left)),
        sites=moved_block(decoded.sites, top, left),
        size_px=(bottom - top, right - left),
        corner_px=(corner_top + top, corner_left + left),
    )
