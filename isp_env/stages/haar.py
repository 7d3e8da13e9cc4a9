"""The undecimated Haar transform, one level at a time: every band at every pixel, so nothing depends on where a tile starts.

Of n samples under a filter of spacing d only those that exist are filtered: each call returns n - d rows and columns.
"""

import torch
from torch import Tensor

BANDS = 3  # differences across, down and across both: of C planes the C of each band in turn, so 3 C


def analyse(low: Tensor, spacing: int) -> tuple[Tensor, Tensor]:
    """Return the bands (N, 3 C, H - d, W - d) and the mean (N, C, H - d, W - d) of pixels d apart, from (N, C, H, W)."""
    half = low / 2
    left, right = half[..., :-spacing], half[..., spacing:]
    mean, across = left + right, left - right
    upper, lower = mean[..., :-spacing, :] / 2, mean[..., spacing:, :] / 2
    across_upper, across_lower = across[..., :-spacing, :] / 2, across[..., spacing:, :] / 2
    bands = [across_upper + across_lower, upper - lower, across_upper - across_lower]
    return torch.cat(bands, 1), upper + lower


def synthesise(bands: Tensor, low: Tensor, spacing: int) -> Tensor:
    """Return (N, C, H - d, W - d): the mean of the four pictures that the bands and means of four neighbours state.

    Of the bands and mean of `analyse` it returns what lies d away from the top and left of them.
    """
    across, down, both = bands.chunk(BANDS, 1)
    mean, difference = _join(low, down, spacing), _join(across, both, spacing)
    left, right = mean[..., :-spacing] - difference[..., :-spacing], mean[..., spacing:] + difference[..., spacing:]
    return (left + right) / 2


def _join(mean: Tensor, difference: Tensor, spacing: int) -> Tensor:
    upper = mean[..., :-spacing, :] - difference[..., :-spacing, :]
    lower = mean[..., spacing:, :] + difference[..., spacing:, :]
    return (upper + lower) / 2


def box_sum(planes: Tensor, spacing: int, radius: int) -> Tensor:
    """Return sums over (2 r + 1)^2 pixels d apart: 2 r d fewer rows and columns than given."""
    return _line_sum(_line_sum(planes, spacing, radius, -2), spacing, radius, -1)


def _line_sum(planes: Tensor, spacing: int, radius: int, dim: int) -> Tensor:
    length = planes.shape[dim] - 2 * radius * spacing
    total = planes.narrow(dim, 0, length) + planes.narrow(dim, spacing, length)
    for tap in range(2, 2 * radius + 1):
        total = total + planes.narrow(dim, tap * spacing, length)
    return total


def mirror(planes: Tensor, margin: int) -> Tensor:
    """Return planes of any size with a margin on all sides, mirrored about the edge and again where they are small."""
    for dim in (-2, -1):
        size = planes.shape[dim]
        place = torch.arange(-margin, size + margin, device=planes.device) % (2 * size)
        planes = planes.index_select(dim, torch.minimum(place, 2 * size - 1 - place))
    return planes
