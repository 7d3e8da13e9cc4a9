"""Which tools undo each other, told by their names: "brightness+0.15" and "brightness-0.15", "contrast*1.5" and "contrast/1.5"."""

import re
from collections.abc import Sequence

import torch
from jaxtyping import Bool
from torch import Tensor

STEP = re.compile(r"^(?P<what>.+?)(?P<sign>[-+*/])(?P<factor>\d+(?:\.\d+)?)$")
SAME = 0.01  # relative: factors are written with few digits


def undone_by(names: Sequence[str]) -> Bool[Tensor, "tools tools"]:
    """Return a table: True where the tool of the column undoes that of the row, wholly, at equal strength.

    Added steps undo each other that sum to 0, factors whose product is 1. "box-3" and "denoise-3" stand alone: nothing adds
    to them.
    """
    steps = [_step(name) for name in names]
    table = [[_undoes(one, other) for other in steps] for one in steps]
    return torch.tensor(table, dtype=torch.bool).view(len(names), len(names))


def _step(name: str) -> tuple[str, str, float] | None:
    found = STEP.match(name)
    if found is None:
        return None
    factor, sign = float(found["factor"]), found["sign"]
    if sign in "*/":
        return found["what"], "*", factor if sign == "*" else 1 / factor
    return found["what"], "+", factor if sign == "+" else -factor


def _undoes(one: tuple[str, str, float] | None, other: tuple[str, str, float] | None) -> bool:
    if one is None or other is None or one[:2] != other[:2]:
        return False
    left = one[2] + other[2] if one[1] == "+" else one[2] * other[2] - 1
    return abs(left) <= SAME * max(1.0 if one[1] == "*" else abs(one[2]), 1e-9)
