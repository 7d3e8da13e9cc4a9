"""A picture's value between its pixels: cubic convolution of six samples a side, exact at the pixels themselves.

Source: Keys 1981, "Cubic convolution interpolation for digital image processing", section VI: fourth order, so that little
of a picture's fine detail is lost between pixels.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import Planes

REACH_PX = 3


def weights(t: Tensor) -> tuple[Tensor, ...]:
    """Return the weights of the samples at -2 to 3 for a place at t in [0, 1)."""
    u = 1 - t
    return (_far(t, u), _middle(t, u), _near(t, u), _near(u, t), _middle(u, t), _far(u, t))


def _near(t: Tensor, u: Tensor) -> Tensor:
    return u * (1 + t * (1 - t * (4 / 3)))


def _middle(t: Tensor, u: Tensor) -> Tensor:
    return t * u * (t * (7 / 12) - 2 / 3)


def _far(t: Tensor, u: Tensor) -> Tensor:
    return t * u * u * (1 / 12)


def resample(
    pictures: Planes,
    top: int,
    down: Float[Tensor, "batch rows width"],
    across: Float[Tensor, "batch rows width"],
    *,
    black_beyond: bool = True,
) -> Float[Tensor, "batch planes rows width"]:
    """Return rows, from `top` on, whose pixels are those of the pictures so far down and across from them.

    The edge repeats, up to a pixel beyond it or, without `black_beyond`, for ever. 0 changes nothing, bit for bit.
    """
    height, width = pictures.shape[-2:]
    rows = top + torch.arange(down.shape[1], device=down.device)[:, None]
    columns = torch.arange(width, device=down.device)
    whole_down, whole_across = down.detach().floor(), across.detach().floor()
    row, column = rows + whole_down.long(), columns + whole_across.long()
    of_rows, of_columns = weights(down - whole_down), weights(across - whole_across)
    flat, shape = pictures.flatten(2), (len(pictures), pictures.shape[1], *down.shape[1:])
    starts = [(row + tap).clamp(0, height - 1) * width for tap in range(-2, 4)]
    columns_seen = [(column + tap).clamp(0, width - 1) for tap in range(-2, 4)]
    total = torch.zeros(shape, dtype=pictures.dtype, device=pictures.device)
    for start, of_row in zip(starts, of_rows, strict=True):
        line = torch.zeros_like(total)
        for seen, of_column in zip(columns_seen, of_columns, strict=True):
            line = line + of_column[:, None] * _taken(flat, (start + seen).flatten(1)).view(shape)
        total = total + of_row[:, None] * line
    if not black_beyond:
        return total
    return torch.where(_is_inside(rows + down, height) & _is_inside(columns + across, width), total, 0)


def _taken(flat: Float[Tensor, "batch channels pixels"], places: Tensor) -> Float[Tensor, "batch channels places"]:
    return flat.gather(2, places[:, None].expand(-1, flat.shape[1], -1))


def _is_inside(place: Tensor, length: int) -> Tensor:
    return ((place >= -1) & (place <= length))[:, None]
