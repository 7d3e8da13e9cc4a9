"""Which tools undo each other, told by their names: "brightness+0.15" and "brightness-0.15", "contrast*1.5" and
"contrast/1.5"; nearly: "gamma^0.7" and "gamma^1.45"."""

import re
from collections.abc import Sequence

import torch
from jaxtyping import Bool
from torch import Tensor

STEP = re.compile(r"^(?P<what>.+?)(?P<sign>[-+*/^])(?P<factor>\d+(?:\.\d+)?)$")
SAME = 0.05  # by which a product may miss 1, and a sum 0 as a share of the step: a picture as good as before


def undone_by(names: Sequence[str]) -> Bool[Tensor, "tools tools"]:
    """Return a table: True where the tool of the column undoes that of the row, at equal strength.

    Added steps undo each other that sum to 0, factors and powers whose product is 1, each within SAME. "box-3" and "denoise-3" stand
    alone: nothing adds to them.
    """
    steps = [_step(name) for name in names]
    table = [[_undoes(one, other) for other in steps] for one in steps]
    return torch.tensor(table, dtype=torch.bool).view(len(names), len(names))


def _step(name: str) -> tuple[str, str, float] | None:
    found = STEP.match(name)
    if found is None:
        return None
    factor, sign = float(found["factor"]), found["sign"]
    if sign in "+-":
        return found["what"], "+", factor if sign == "+" else -factor
    return found["what"], "^" if sign == "^" else "*", 1 / factor if sign == "/" else factor


def _undoes(one: tuple[str, str, float] | None, other: tuple[str, str, float] | None) -> bool:
    if one is None or other is None or one[:2] != other[:2]:
        return False
    if one[1] == "+":
        return abs(one[2] + other[2]) <= SAME * abs(one[2])
    return abs(one[2] * other[2] - 1) <= SAME
