"""Equalising the luma, of the whole picture or of 8 x 8 tiles with a limit: counted in 256 levels, as OpenCV does with 8 bits.

What a level moves by is added to all three channels, so that colour differences stay. The counts have no gradient: a picture's
passes as if the curve were the identity, a strength's is exact.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.srgb import luma
from attiqa_core.tensors import Images, PerImage
from isp_env.tools.filters import mirrored, mirrored_places
from isp_env.tools.strips import Place, TwoPasses
from isp_env.tools.tool import amounts

LEVELS = 256
TILES = 8  # along each side
CLIP_LIMIT = 2.0  # times the mean count of a level

Level = Int[Tensor, "batch 1 height width"]
Counts = Int[Tensor, "groups 256"]


def levels_of(strip: Images, place: Place) -> Counts:
    """Return how often each level occurs in a strip of each image."""
    group = torch.arange(len(strip), device=strip.device).view(-1, 1, 1, 1)
    return _counts(_level(strip), group, len(strip))


def spread(strip: Images, strength: PerImage | None, counts: Counts, place: Place) -> Images:
    """Return images whose luma is spread evenly, a strength's share of the way; a picture of one luma stays.

    The darkest level there is becomes 0 and the brightest 1. Source: OpenCV, `equalizeHist`.
    """
    group = torch.arange(len(strip), device=strip.device).view(-1, 1, 1, 1)
    below = counts.cumsum(1)
    total = below[:, -1:]
    first = torch.where(below > 0, below, total).amin(1, keepdim=True)
    curve = (below - first).clamp_min(0).to(strip) / (total - first).clamp_min(1)
    moved = torch.where(total > first, curve - _identity(strip), 0)
    return (strip + moved[group, _level(strip)] * amounts(strip, strength)).clamp(0, 1)


def levels_of_tiles(strip: Images, place: Place) -> Counts:
    """Return how often each level occurs in a strip's part of each of 8 x 8 tiles of each image.

    Sides that are no multiple of 8 are mirrored up to one (OpenCV adds a whole 8 to a side that is one, where the other is
    not).
    """
    rows, width = strip.shape[2:]
    source = mirrored_places(place.height, 0, -place.height % TILES, torch.device("cpu"))
    inside = ((source >= place.top) & (source < place.top + rows)).nonzero()[:, 0]  # no device is asked
    own = (source[inside] - place.top).to(strip.device)
    level = mirrored(_level(strip), 0, 0, 0, -width % TILES).index_select(2, own)
    tile_row = (inside.to(strip.device) // _tile(place.height)).view(-1, 1)
    tile_column = torch.arange(level.shape[3], device=strip.device) // _tile(width)
    batch = torch.arange(len(strip), device=strip.device).view(-1, 1, 1, 1)
    return _counts(level, (batch * TILES + tile_row) * TILES + tile_column, len(strip) * TILES**2)


def spread_in_tiles(strip: Images, strength: PerImage | None, counts: Counts, place: Place) -> Images:
    """Return images whose luma is spread within each of 8 x 8 tiles, and between their centres by a mix of four.

    No level counts more than twice the mean of the tile's levels, so that noise and plain areas stay quiet. A strength's share
    of the way. Source: Zuiderveld 1994, Graphics Gems IV, as OpenCV's `createCLAHE(2, (8, 8))`.
    """
    rows, width = strip.shape[2:]
    tile_height, tile_width, level = _tile(place.height), _tile(width), _level(strip)
    batch = torch.arange(len(strip), device=strip.device).view(-1, 1, 1, 1)
    area = tile_height * tile_width
    moved = _limited(counts, area).cumsum(1).to(strip) / area - _identity(strip)
    up, down, downwards = _between_tiles(place.top, rows, tile_height, strip)
    left, right, rightwards = _between_tiles(0, width, tile_width, strip)

    def of_tile(row: Tensor, column: Tensor) -> Tensor:
        return moved[(batch * TILES + row[:, None]) * TILES + column, level]

    above = torch.lerp(of_tile(up, left), of_tile(up, right), rightwards)
    beneath = torch.lerp(of_tile(down, left), of_tile(down, right), rightwards)
    return (strip + torch.lerp(above, beneath, downwards[:, None]) * amounts(strip, strength)).clamp(0, 1)


equalise = TwoPasses(levels_of, spread)
clahe = TwoPasses(levels_of_tiles, spread_in_tiles)


def _tile(size: int) -> int:
    """A tile's side in px, along an axis of this size."""
    return -(-size // TILES)


def _level(images: Images) -> Level:
    return (luma(images.detach()) * (LEVELS - 1)).round().long().clamp(0, LEVELS - 1)


def _identity(images: Images) -> Float[Tensor, " 256"]:
    return torch.arange(LEVELS, dtype=images.dtype, device=images.device) / (LEVELS - 1)


def _counts(level: Level, group: Tensor, groups: int) -> Counts:
    """Return how often each level occurs in each group of pixels."""
    places = (group * LEVELS + level).flatten()
    counts = torch.zeros(groups * LEVELS, dtype=torch.long, device=level.device)
    return counts.scatter_add_(0, places, torch.ones_like(places)).view(groups, LEVELS)


def _limited(counts: Counts, area: int) -> Counts:
    """Return counts cut at the limit, what was cut spread over all levels, and its rest over every so-manieth one."""
    limit = max(int(CLIP_LIMIT * area / LEVELS), 1)
    cut = (counts - limit).clamp_min(0).sum(1, keepdim=True)
    rest = cut % LEVELS
    step = (LEVELS // rest.clamp_min(1)).clamp_min(1)
    places = torch.arange(LEVELS, device=counts.device)
    gets_one = (places % step == 0) & (places // step < rest)
    return counts.clamp_max(limit) + cut // LEVELS + gets_one


def _between_tiles(first: int, count: int, tile: int, images: Images) -> tuple[Tensor, Tensor, Tensor]:
    """Return, for each of `count` places along an axis, the tiles with centres before and after it, and the share of the way."""
    place = torch.arange(first, first + count, dtype=images.dtype, device=images.device) / tile - 0.5
    before = place.floor()
    return before.long().clamp_min(0), (before.long() + 1).clamp_max(TILES - 1), place - before
