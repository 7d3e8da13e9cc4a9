"""Which parameters a program is asked for: well-spread actions about its default, and the ends of each control."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.quasirandom import SobolEngine

Actions = Float[Tensor, "batch controls"]

SINGLE_EVERY = 4
"""Every fourth vector moves one control alone, each in turn: what it does shows best by itself."""
NEAREST, FARTHEST = 0.3, 1.0  # shares of the range about the default that vectors are drawn from


def drawn_actions(default: Float[Tensor, " controls"], count: int, seed: int) -> Actions:
    """Return (count, controls) actions in [-1, 1]: scrambled Sobol points, one coordinate of which says how far from the default.

    The first n of more are the same n.
    """
    controls = len(default)
    points = SobolEngine(controls + 1, scramble=True, seed=seed).draw(count)
    reach = NEAREST + (FARTHEST - NEAREST) * points[:, -1:]
    target = 2 * points[:, :-1] - 1
    actions = default + reach * (target - default)
    singles = torch.arange(SINGLE_EVERY - 1, count, SINGLE_EVERY)
    moved = (singles // SINGLE_EVERY) % controls
    alone = default.repeat(len(singles), 1)
    alone.scatter_(1, moved[:, None], target[singles].gather(1, moved[:, None]))
    actions[singles] = alone
    return actions.clamp(-1, 1)


def shared_out(actions: Actions, raws: int) -> list[Actions]:
    """Return each raw's own actions: raw i has rows i, i + raws, and so on, so that each raw's few are spread, too.

    Every raw is shown single controls as well: what is shared out is taken in blocks of the turn.
    """
    return [actions[start::raws] for start in range(raws)]


def end_actions(default: Float[Tensor, " controls"]) -> tuple[Actions, list[tuple[int, float]]]:
    """Return actions with one control at an end of its range and the others at default, and (control, end) of each; an end that is the default is left out."""
    ends = [(control, end) for control in range(len(default)) for end in (-1.0, 1.0) if float(default[control]) != end]
    actions = default.repeat(len(ends), 1)
    for row, (control, end) in enumerate(ends):
        actions[row, control] = end
    return actions, ends
