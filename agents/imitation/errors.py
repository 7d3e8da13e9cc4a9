"""How far answers are from examples, parameter by parameter, beside the best constant, with intervals over scenes."""

from collections.abc import Sequence
from typing import Any

from jaxtyping import Float
from torch import Tensor

from agents.imitation.learning import Lessons
from agents.imitation.visible import distance
from agents.standings import gain_of
from isp_env.core import Actions

SHOWN = "delta_e"
"""The row of all parameters together: the root mean square of Delta E 76 that they are off by."""


def compared(
    lessons: Lessons,
    answers: Actions,
    constant: Float[Tensor, " controls"],
    names: Sequence[str],
    scenes: Sequence[str],
) -> dict[str, dict[str, Any]]:
    """Return for each parameter the mean absolute error in units of the action of answers and of the constant, and by how
    much the answers are nearer, with its 95 % interval over scenes; and the same of `SHOWN`."""
    own, others = answers - lessons.actions, constant - lessons.actions
    columns = {name: (own[:, place].abs(), others[:, place].abs()) for place, name in enumerate(names)}
    columns[SHOWN] = tuple(distance(lessons.forms, each).clamp_min(0).sqrt() for each in (own, others))  # type: ignore
    return {name: _row(*each, scenes) for name, each in columns.items()}


def _row(own: Tensor, others: Tensor, scenes: Sequence[str]) -> dict[str, Any]:
    nearer = gain_of((others - own).tolist(), scenes)
    ends = {
        name: value if value == value else None
        for name, value in (("low", nearer.gain_low), ("high", nearer.gain_high))
    }
    return {"policy": float(own.mean()), "constant": float(others.mean()), "nearer": nearer.mean_gain, **ends}
