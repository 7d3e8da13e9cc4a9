"""Black and white levels of a raw file's samples, and the samples themselves where levels are finer than four colours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from isp_env.frames.raw_samples import FULL_WHITE, NO_BLACK
from isp_env.raw_io.decoding.decoded import Decoded
from isp_env.raw_io.dng_tags.levels import DngLevels, with_even_black
from isp_env.raw_io.dng_tags.meaning import DngTags
from isp_env.raw_io.own_sensor.description import NOTHING, SensorDescription
from isp_env.sensor.cfa import cfa_sites
from isp_env.sensor.channel_numbers import Levels


@dataclass(frozen=True)
class Levelled:
    """Samples, not turned but for what LibRaw turned, with black and white of each colour of the upright picture.

    `range_dn`: from black to white of each colour in the file's own DN.
    """

    samples: np.ndarray
    black: Levels
    white: Levels
    range_dn: tuple[float, ...]


def levelled(decoded: Decoded, tags: DngTags | None, own: SensorDescription = NOTHING) -> Levelled:
    """Return the samples with levels; those of a mosaic that its owner knows come before the file's."""
    if decoded.cfa is None or not own.tells_levels:
        return _by_the_file(decoded, tags)
    black, white = _libraw_levels(decoded)
    if tags is not None:
        stated = _by_the_file(replace(decoded, flip=0), tags)
        if stated.samples is decoded.samples:  # else its levels are not in the file's own DN
            black, white = list(stated.black), list(stated.white)
    black = list(own.black_dn or black)
    white = white if own.white_dn is None else [own.white_dn] * 4
    return Levelled(decoded.samples, *_upright(decoded, black, white), _ranges(black, white))


def _by_the_file(decoded: Decoded, tags: DngTags | None) -> Levelled:
    """The samples with the levels that the file states.

    A DNG's own levels start at its active area, whose odd margins LibRaw rounds up: it then misplaces them, so the tags
    come first. Every colour of a DNG has the range from its largest black to white; smaller blacks reach beyond 1.
    """
    levels = tags and tags.levels
    top, left = _in_active_area(decoded, tags)
    height, width = decoded.size_px
    if decoded.cfa is None:
        if not decoded.stored:
            return Levelled(decoded.samples.astype(np.float32) / 65535, NO_BLACK, FULL_WHITE, (65535.0,))
        levels = levels or DngLevels(np.array(decoded.black_dn[:3]).reshape(1, 1, 3), np.zeros(0), np.zeros(0), ())
        white = np.array(levels.white_dn or (decoded.white_dn,) * 3)
        range_dn = white - levels.highest_black_dn
        samples = (decoded.samples - levels.black_at(top, left, height, width)) / range_dn.astype(np.float32)
        return Levelled(samples, NO_BLACK, FULL_WHITE, tuple(range_dn.tolist()))
    black, white = _libraw_levels(decoded)
    if levels is None:
        return Levelled(decoded.samples, *_upright(decoded, black, white), _ranges(black, white))
    highest = float(levels.highest_black_dn[0])
    range_dn = (levels.white_dn[0] if levels.white_dn else max(white)) - highest
    sites = levels.black_of_sites()
    if sites is None:
        black_dn = levels.black_at(top, left, height, width)[..., 0]
        samples, low, high = with_even_black(decoded.samples, black_dn, range_dn)
        return Levelled(samples, (low, low, low, low), (high, high, high, high), (range_dn,))
    for (row, column), colour in cfa_sites(decoded.cfa).items():
        black[colour] = float(sites[(row + top) % 2, (column + left) % 2])
        white[colour] = black[colour] + range_dn
    return Levelled(decoded.samples, *_upright(decoded, black, white), _ranges(black, white))


def _in_active_area(decoded: Decoded, tags: DngTags | None) -> tuple[int, int]:
    """The corner of the samples in the active area."""
    top, left = (tags.active_px if tags else decoded.corner_px)[:2]
    return decoded.corner_px[0] - top, decoded.corner_px[1] - left


def _libraw_levels(decoded: Decoded) -> tuple[list[float], list[float]]:
    assert decoded.cfa is not None
    black, white = [0.0] * 4, [decoded.white_dn] * 4
    for (row, column), colour in cfa_sites(decoded.cfa).items():
        index = decoded.sites[2 * row + column]
        black[colour] = decoded.black_dn[index]
        if decoded.camera_white_dn:
            white[colour] = decoded.camera_white_dn[index] or decoded.white_dn
    return black, white


def _upright(decoded: Decoded, black: Sequence[float], white: Sequence[float]) -> tuple[Levels, Levels]:
    """Turning the picture by 90 degrees swaps red rows with red columns, and so the two greens."""
    order = (0, 2, 1, 3) if decoded.flip & 4 else (0, 1, 2, 3)
    return _four(black, order), _four(white, order)


def _four(levels: Sequence[float], order: Sequence[int]) -> Levels:
    red, first_green, second_green, blue = (levels[index] for index in order)
    return red, first_green, second_green, blue


def _ranges(black: Sequence[float], white: Sequence[float]) -> tuple[float, ...]:
    return tuple(high - low for low, high in zip(black, white, strict=True))
