"""What the network is shown of a raw, whatever the parameters: the program's default picture, the raw's light, and the scene about it.

All of it is made once for each raw. A view is the proxy or a crop of it; what is global (grids, statistics) is the proxy's
in both, so that a crop sees the same scene.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attiqa_core.srgb import linear_from_srgb, luminance
from attiqa_core.tensors import Images, LinearRgb

CHANNELS = 11
"""Of a view: the default picture (3), its light in stops (3), the raw's light in stops (3), two grids of brightness."""
GRIDS = 2
STATISTICS = 12
"""Of a scene: means of the six planes of light in stops, the default's first, then their spreads."""

DARKEST = 2.0**-10  # of light: below, a logarithm is noise
MIDDLE_STOPS, SCALE_STOPS = -3.0, 4.0  # light in stops becomes about [-1, 1]
FINE_CELLS, COARSE_CELLS = 32, 8  # along a proxy's short edge

Views = Float[Tensor, "batch 11 height width"]


@dataclass(frozen=True)
class Scene:
    """What is global in some raws: grids of brightness, in stops, and statistics."""

    fine: Float[Tensor, "batch 1 rows columns"]
    coarse: Float[Tensor, "batch 1 coarse_rows coarse_columns"]
    statistics: Float[Tensor, "batch 12"]


@dataclass(frozen=True)
class Place:
    """Where a view lies in its proxy, as shares of the proxy's height and width."""

    top: float = 0.0
    left: float = 0.0
    height: float = 1.0
    width: float = 1.0


WHOLE = Place()


def stops(light: Tensor) -> Tensor:
    """Return light, 1 being white, in stops scaled to about [-1, 1]."""
    return (light.clamp_min(DARKEST).log2() - MIDDLE_STOPS) / SCALE_STOPS


def scene_of(defaults: Images, light: LinearRgb) -> Scene:
    """Return what is global in proxies. `defaults`: the program's pictures at its default parameters; `light`: balanced
    camera RGB of the same raws, 1 at clipping."""
    planes = torch.cat([stops(linear_from_srgb(defaults)), stops(light)], 1)
    brightness = stops(luminance(linear_from_srgb(defaults)))
    fine, coarse = (_grid(brightness, cells) for cells in (FINE_CELLS, COARSE_CELLS))
    means, spreads = planes.mean((2, 3)), planes.std((2, 3))
    return Scene(fine, coarse, torch.cat([means, spreads], 1))


def views_of(defaults: Images, light: LinearRgb, scene: Scene, place: Place = WHOLE) -> Views:
    """Return what the network sees of pictures of one size that lie at one place of their proxies."""
    size = defaults.shape[-2:]
    grids = [_laid_out(grid, place, size) for grid in (scene.fine, scene.coarse)]
    return torch.cat([defaults, stops(linear_from_srgb(defaults)), stops(light), *grids], 1)


def _grid(brightness: Tensor, cells: int) -> Tensor:
    height, width = brightness.shape[-2:]
    step = max(1, min(height, width) / cells)
    return F.adaptive_avg_pool2d(brightness, (max(1, round(height / step)), max(1, round(width / step))))


def _laid_out(grid: Tensor, place: Place, size: torch.Size) -> Tensor:
    """A part of the grid, interpolated to the size of a view."""
    rows = _centres(place.top, place.height, size[0], grid)
    columns = _centres(place.left, place.width, size[1], grid)
    places = torch.stack(torch.meshgrid(rows, columns, indexing="ij")[::-1], -1)
    places = places.expand(len(grid), -1, -1, -1)
    return F.grid_sample(grid, places, mode="bilinear", padding_mode="border", align_corners=False)


def _centres(start: float, share: float, count: int, like: Tensor) -> Tensor:
    """Middles of a view's pixels along an axis, -1 and 1 being the proxy's edges."""
    steps = torch.arange(count, dtype=like.dtype, device=like.device)
    return 2 * (start + share * (steps + 0.5) / count) - 1
