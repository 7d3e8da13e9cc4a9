"""How far the network is from the program, on raws and parameters that nobody trained on, beside controls that learn nothing.

Each picture's errors are means over its pixels: Delta E 2000 (CIELAB about D65) and PSNR in dB of display RGB. "default" is
the picture at the default parameters, whatever was asked for; "nearest" the program's own picture of that raw at the nearest
other action: what a table of as many pictures would answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.evaluation.colour_difference import delta_e_2000
from attiqa_core.evaluation.psnr import decibels
from attiqa_core.tensors import Images
from isp_env.learned_isp.network import LearnedNetwork
from isp_env.learned_isp.raw_pictures import RawPictures, Stack

WHATS = ("learned", "default", "nearest")
MEASURED_PIXELS = 16_384  # of a picture: of more, every second or third row and column
KINDS = ("proxy", "crops")
MOST_DB = 60.0  # PSNR that counts as no difference: pictures are kept with 8 bits


@dataclass(frozen=True)
class PictureError:
    """Of one picture of one raw: which action, which kind of view, and (Delta E 2000, PSNR) by what answers."""

    raw: str
    row: int
    kind: str
    figures: dict[str, tuple[float, float]]


@torch.no_grad()
def made(network: LearnedNetwork, raw: RawPictures, stack: Stack, actions: Tensor) -> Images:
    """Return the network's pictures of all views of a stack under one action (1, controls)."""
    count, device = len(stack.views), network.default_action.device
    about = raw.statistics.expand(count, -1), torch.full((count,), stack.shrinking), actions.expand(count, -1)
    return network(stack.views.to(device), *(each.to(device) for each in about)).cpu()


def errors_of(network: LearnedNetwork, raw: RawPictures, table: RawPictures | None = None) -> list[PictureError]:
    """Return the errors of every picture of a raw. `table`: pictures of the same raw that "nearest" chooses from; its own others without one."""
    found = []
    for row in range(len(raw)):
        nearest = nearest_row(raw.actions, row) if table is None else nearest_row_in(raw.actions[row], table.actions)
        for kind, (place, stack) in zip(KINDS, enumerate(raw.stacks), strict=False):
            wanted = _unit(stack, row)
            answers = {"learned": made(network, raw, stack, raw.actions[row : row + 1]), "default": stack.views[:, :3]}
            if nearest is not None:
                answers["nearest"] = _unit((table or raw).stacks[place], nearest)
            figures = {what: (delta_e(answer, wanted), psnr(answer, wanted)) for what, answer in answers.items()}
            found.append(PictureError(raw.name, row, kind, figures))
    return found


def summary(errors: Sequence[PictureError]) -> dict[str, Any]:
    """Return, by kind of view, the number of pictures, and mean, median and 95th percentile of Delta E 2000 and mean PSNR of each answer."""
    return {kind: _summary(some) for kind in KINDS if (some := [each for each in errors if each.kind == kind])}


def _summary(errors: Sequence[PictureError]) -> dict[str, Any]:
    table: dict[str, Any] = {"pictures": len(errors)}
    for what in WHATS:
        figures = np.array([each.figures[what] for each in errors if what in each.figures])
        if len(figures):
            colours, decibels = figures.T
            table[what] = {
                "mean_delta_e_2000": _rounded(colours.mean()),
                "median_delta_e_2000": _rounded(np.median(colours)),
                "p95_delta_e_2000": _rounded(np.percentile(colours, 95)),
                "mean_psnr_db": _rounded(decibels.mean()),
            }
    return table


def at_ends(
    network: LearnedNetwork, raws: Sequence[RawPictures], names: Sequence[str], ends: Sequence[tuple[int, float]]
) -> dict[str, dict[str, dict[str, float]]]:
    """Return for each parameter, at each end of its range alone, mean Delta E 2000 of the learned picture and of the default one
    over raws, whose rows are the actions of `ends`; proxies and crops in the mean."""
    errors = [error for raw in raws for error in errors_of(network, raw)]
    table: dict[str, dict[str, dict[str, float]]] = {}
    for row, (control, end) in enumerate(ends):
        own = [each.figures for each in errors if each.row == row]
        if own:
            means = {what: _rounded(np.mean([each[what][0] for each in own])) for what in ("learned", "default")}
            table.setdefault(names[control], {})["low" if end < 0 else "high"] = means
    return table


def nearest_row(actions: Float[Tensor, "actions controls"], row: int) -> int | None:
    """Return the row of the nearest other action, None where there is no other."""
    distances = (actions - actions[row]).norm(dim=1)
    distances[row] = torch.inf
    return int(distances.argmin()) if len(actions) > 1 else None


def nearest_row_in(action: Float[Tensor, " controls"], actions: Float[Tensor, "actions controls"]) -> int | None:
    """Return the row of the action of a table that is nearest to one, None for an empty table."""
    return int((actions - action).norm(dim=1).argmin()) if len(actions) else None


def delta_e(made: Images, wanted: Images) -> float:
    """Return the mean Delta E 2000 of pictures."""
    step = max(1, round((made[0, 0].numel() / MEASURED_PIXELS) ** 0.5))
    return float(delta_e_2000(*(each[..., ::step, ::step] for each in (made, wanted))).mean())


def psnr(made: Images, wanted: Images) -> float:
    """Return the PSNR in dB over all pixels of pictures, at most MOST_DB."""
    return float(decibels((made - wanted).square().mean(), MOST_DB))


def _unit(stack: Stack, row: int) -> Images:
    return stack.pictures[row].float() / 255


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 3)
