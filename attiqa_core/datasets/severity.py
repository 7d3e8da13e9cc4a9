"""Synthetic sets name each image REFERENCE_TYPE_LEVEL: the level tells which way their scores go."""

import re
from collections.abc import Sequence
from pathlib import Path

from attiqa_core.datasets.rows import Row
from attiqa_core.errors import InputError

NAME = re.compile(r"^[iI]\d+_\d+_(\d+)\.\w+$")


def check_direction(table: Path, rows: Sequence[Row]) -> None:
    """Raises: InputError if a name has no level, or the severest level scores higher on average than the mildest."""
    by_level: dict[int, list[float]] = {}
    for row in rows:
        if not (match := NAME.match(row.name)):
            raise InputError(f"{table}, line {row.line}: {row.name} is not named like I01_08_5.png")
        by_level.setdefault(int(match[1]), []).append(row.mos)
    if len(by_level) < 2:
        return
    mild, severe = by_level[min(by_level)], by_level[max(by_level)]
    if sum(mild) / len(mild) <= sum(severe) / len(severe):
        raise InputError(
            f"{table}: severe distortions score higher than mild ones; higher has to be better, so its scores were"
            " turned round: fetch the original"
        )
