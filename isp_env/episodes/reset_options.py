"""What `reset(options=...)` may say, whichever environment it is said to."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from attiqa_core.errors import UsageError

KNOWN = ("image", "goal")
SHOWN = 8  # names in a message


def image_of(options: Mapping[str, Any] | None, names: Sequence[str]) -> int | None:
    """Return the index of the raw that options ask for, by index or name; None where they ask for none.

    Raises: UsageError for what is no mapping, another key, or no such raw.
    """
    image = _known(options).get("image")
    return None if image is None else _index(image, names)


def goal_of(options: Mapping[str, Any] | None, goals: Sequence[str]) -> list[float] | None:
    """Return the row of goals that options ask for, {"goal": {"noise_gain": 0.5}}; those it does not name are 0. None where they
    ask for none.

    Raises: UsageError as `image_of`, and for a goal that is none of the task's, or no number in [-1, 1].
    """
    goal = _known(options).get("goal")
    return None if goal is None else row_of_goals(goal, goals, "options goal")


def row_of_goals(goal: Any, goals: Sequence[str], where: str) -> list[float]:
    """Return a number for each of `goals`, 0 where the mapping names none.

    Raises: UsageError, beginning with `where`, for what is no mapping, another name, or no number in [-1, 1].
    """
    if not isinstance(goal, Mapping):
        raise UsageError(f'{where}={goal!r}: give a mapping from goals to numbers, such as {{"noise_gain": 0.5}}')
    for name, value in goal.items():
        if name not in goals:
            there = f"there are {', '.join(goals)}" if goals else "the task has none"
            raise UsageError(f"{where} {name!r}: is no goal of this task; {there}")
        if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number) or not -1 <= value <= 1:
            raise UsageError(f"{where} {name}={value!r}: give a number in [-1, 1]; 0 is the weight as it is")
    return [float(goal.get(name, 0)) for name in goals]


def _known(options: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise UsageError(f'options {options!r}: give a mapping, such as {{"image": 0}}')
    for key in options:
        if key not in KNOWN:
            raise UsageError(f"options {key!r}: is not known; there is {', '.join(KNOWN)}")
    return options


def _index(image: object, names: Sequence[str]) -> int:
    if isinstance(image, str):
        return _index_of_name(image, names)
    if isinstance(image, bool | np.bool_) or not isinstance(image, int | np.integer):
        raise UsageError(f"options image={image!r}: give the index or the name of a raw")
    if not 0 <= image < len(names):
        raise UsageError(f"options image={image}: there are {len(names)} raws, counted from 0")
    return int(image)


def _index_of_name(name: str, names: Sequence[str]) -> int:
    found = [index for index, each in enumerate(names) if each == name]
    if not found:
        more = ", ..." if len(names) > SHOWN else ""
        raise UsageError(f"options image={name!r}: no raw is called so; there are {', '.join(names[:SHOWN])}{more}")
    if len(found) > 1:
        raise UsageError(f"options image={name!r}: {len(found)} raws are called so; give an index, of {found}")
    return found[0]
