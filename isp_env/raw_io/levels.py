"""Black and white levels of a mosaic."""

from collections.abc import Sequence

from isp_env.cfa import cfa_sites
from isp_env.raw_io.decoding.libraw import Decoded
from isp_env.raw_io.dng_tags import DngTags
from isp_env.raw_io.sensor_description import NOTHING, SensorDescription
from isp_env.raw_samples import Levels


def levels_of(decoded: Decoded, tags: DngTags | None, own: SensorDescription = NOTHING) -> tuple[Levels, Levels]:
    """Return black and white per colour of the upright mosaic, in DN.

    A DNG's own black levels start at its active area, whose odd margins LibRaw rounds up: it then misplaces
    them, so the tags come first. Turning the picture by 90 degrees swaps red rows with red columns, and so
    the two greens.
    """
    assert decoded.cfa is not None
    black, white = [0.0] * 4, [decoded.white_dn] * 4
    for (row, column), colour in cfa_sites(decoded.cfa).items():
        index = decoded.sites[2 * row + column]
        black[colour] = decoded.black_dn[index]
        if tags is not None and tags.black_level_dn is not None:
            top, left = decoded.corner_px[0] - tags.active_px[0], decoded.corner_px[1] - tags.active_px[1]
            black[colour] = float(tags.black_level_dn[(row + top) % 2, (column + left) % 2])
        if tags is not None and tags.white_level_dn is not None:
            white[colour] = tags.white_level_dn
        elif decoded.camera_white_dn:
            white[colour] = decoded.camera_white_dn[index] or decoded.white_dn
    black = list(own.black_dn or black)
    white = white if own.white_dn is None else [own.white_dn] * 4
    order = (0, 2, 1, 3) if decoded.flip & 4 else (0, 1, 2, 3)
    return _four(black, order), _four(white, order)


def _four(levels: Sequence[float], order: Sequence[int]) -> Levels:
    red, first_green, second_green, blue = (levels[index] for index in order)
    return red, first_green, second_green, blue
