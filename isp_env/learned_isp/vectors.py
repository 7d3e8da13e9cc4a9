"""Which parameters a program is asked for: well-spread actions about its default, and the ends of each control."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.quasirandom import SobolEngine

Actions = Float[Tensor, "batch controls"]

SINGLE_EVERY = 4
"""Every fourth picture of a raw moves one control alone, another for each: what it does shows best by itself."""
NEAREST, FARTHEST = 0.3, 1.0  # shares of the range about the default that vectors are drawn from


def drawn_actions(default: Float[Tensor, " controls"], raws: int, each: int, seed: int) -> list[Actions]:
    """Return for each raw `each` actions in [-1, 1]: scrambled Sobol points, one coordinate of which says how far from the default.

    No two raws share one; the first of more are the same as fewer. Within its reach a control is more often near an end than in
    the middle (its density is that of a sine): agents go to the ends, and a network is worst beyond what it was shown.
    """
    controls = len(default)
    points = SobolEngine(controls + 1, scramble=True, seed=seed).draw(raws * each)
    reach = NEAREST + (FARTHEST - NEAREST) * points[:, -1:]
    target = torch.sin(math.pi * (points[:, :-1] - 0.5))
    actions = default + reach * (target - default)
    rows = torch.arange(raws * each)
    number, raw = rows // raws, rows % raws
    singles = (number % SINGLE_EVERY == SINGLE_EVERY - 1).nonzero()[:, 0]
    moved = ((number // SINGLE_EVERY + raw) % controls)[singles, None]
    alone = default.repeat(len(singles), 1)
    actions[singles] = alone.scatter(1, moved, target[singles].gather(1, moved))
    return [actions[start::raws].clamp(-1, 1) for start in range(raws)]


def end_actions(default: Float[Tensor, " controls"]) -> tuple[Actions, list[tuple[int, float]]]:
    """Return actions with one control at an end of its range and the others at default, and (control, end) of each; an end that is the default is left out."""
    ends = [(control, end) for control in range(len(default)) for end in (-1.0, 1.0) if float(default[control]) != end]
    actions = default.repeat(len(ends), 1)
    for row, (control, end) in enumerate(ends):
        actions[row, control] = end
    return actions, ends
