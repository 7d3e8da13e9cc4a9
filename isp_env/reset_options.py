"""What `reset(options=...)` may say, whichever environment it is said to."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from attiqa_core.errors import UsageError

KNOWN = ("image",)
SHOWN = 8  # names in a message


def image_of(options: Mapping[str, Any] | None, names: Sequence[str]) -> int | None:
    """Return the index of the raw that options ask for, by index or name; None where they ask for none.

    Raises: UsageError for what is no mapping, another key, or no such raw.
    """
    if options is None:
        return None
    if not isinstance(options, Mapping):
        raise UsageError(f'options {options!r}: give a mapping, such as {{"image": 0}}')
    for key in options:
        if key not in KNOWN:
            raise UsageError(f"options {key!r}: is not known; there is {', '.join(KNOWN)}")
    image = options.get("image")
    return None if image is None else _index(image, names)


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
