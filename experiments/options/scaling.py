"""Options of commands whose work many processes or machines may share."""

import re
from dataclasses import dataclass, fields

from attiqa_core.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class ScalingOptions:
    """Who does the work, if not this process alone."""

    shard: str | None = None
    """Do part I/N of the work only, 0/N to N-1/N, beside whoever does the others; then `attiqa merge` of the folder."""

    @property
    def is_shared(self) -> bool:
        """Whether others work on the same folder, which need not be new then."""
        return self.shard is not None

    @property
    def part(self) -> tuple[int, int]:
        """The part of this process, (i, n); (0, 1) is all of it. Raises: UsageError for what is no I/N."""
        if self.shard is None:
            return (0, 1)
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", self.shard)
        if found is None or int(found[1]) >= int(found[2]):
            raise UsageError(f"--shard {self.shard}: give a part as I/N, from 0/N to N-1/N, such as 0/3, 1/3 and 2/3")
        return int(found[1]), int(found[2])

    def check(self) -> None:
        """Raises: UsageError for a part that is none."""
        _ = self.part


NAMES = tuple(option.name for option in fields(ScalingOptions))
"""The names of these options, on which no result depends."""
