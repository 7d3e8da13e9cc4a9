"""What is planted in photos to start from, apart from tensors, so that a command line can read it without torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attiqa_core.errors import UsageError

USUAL = ("noise", "blur", "dark", "cast", "jpeg")
PLANTABLE = (*USUAL, "enlarged", "undeveloped")
"""Names of `isp_env.tools.defects.DEFECTS`, which needs torch."""
SMALLEST_PX = 16  # of a side: statistics are read off 8 px blocks and two scales


@dataclass(frozen=True)
class Planting:
    """What is planted in each photo."""

    px: int = 96
    """Side of the pictures, squares cut from the photos at drawn places and scales."""
    draws: int = 4
    """Pictures of each photo, each with its own square, defect and severity."""
    clean_share: float = 0.2
    """Share of the pictures in which nothing is planted."""
    defects: tuple[str, ...] = USUAL
    """What is planted in the others, each as often: noise, blur, dark, cast, jpeg; also enlarged, undeveloped."""
    severities: tuple[float, float] = (0.3, 1.0)
    """Range that severities are drawn from, within 0 to 1."""

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "Planting":
        """Return what a file holds, whose lists were tuples."""
        values: dict[str, Any] = {
            name: tuple(each) if isinstance(each, list) else each for name, each in stored.items()
        }
        return cls(**values)

    def check(self) -> None:
        """Raises: UsageError for what cannot be planted."""
        if self.px < SMALLEST_PX:
            raise UsageError(f"px {self.px}: give {SMALLEST_PX} or more")
        if self.draws < 1:
            raise UsageError(f"draws {self.draws}: give at least 1")
        if not 0 <= self.clean_share <= 1:
            raise UsageError(f"clean_share {self.clean_share:g}: give a share from 0 to 1")
        for name in self.defects:
            if name not in PLANTABLE:
                raise UsageError(f"defect {name!r}: is not one of {', '.join(PLANTABLE)}")
        if not self.defects and self.clean_share < 1:
            raise UsageError(f"no defects: name some of {', '.join(PLANTABLE)}, or give a clean share of 1")
        low, high = self.severities
        if not 0 <= low <= high <= 1:
            raise UsageError(f"severities {low:g} {high:g}: give a range, lowest first, within 0 to 1")
