"""A reference that names several judges, taken apart: a "+" may as well stand in the name of one of them."""

from collections.abc import Callable

from attiqa_core.sharing.references import JOINT


def parts_named(reference: str, is_known: Callable[[str], bool]) -> list[str]:
    """Return the references that are joined in one: one alone if it names a single judge.

    A part may have the sign in its own name: of all ways to read a reference so that every part is known, that of the most
    parts counts. Where there is none, every sign joins, so that whoever opens the parts can say which is wrong.
    """
    pieces = reference.split(JOINT)
    read: dict[int, list[str]] = {0: []}  # how many pieces -> the parts that they are
    for end in range(1, len(pieces) + 1):
        for start in sorted(read):
            part = JOINT.join(pieces[start:end])
            if len(read[start]) >= len(read.get(end, [])) and is_known(part):
                read[end] = [*read[start], part]
    return read.get(len(pieces), pieces)
