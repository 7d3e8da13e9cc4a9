"""What `standings.json` of a benchmark has to hold before a page is made of it."""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from attiqa_core.errors import InputError
from attiqa_core.files.described import described

CURE = "run `attiqa benchmark` again"


class Gate(msgspec.Struct, frozen=True):
    """Whether a scorer passed its gate."""

    passed: bool
    failures: list[str]


class ScorerRow(msgspec.Struct, frozen=True):
    """The scorer by which was tuned."""

    name: str
    sha256: str
    gate: Gate | None


class RowKind(msgspec.Struct, frozen=True):
    """What a row is, and of which policy."""

    kind: str
    policy: str


class PolicyRow(msgspec.Struct, frozen=True):
    """Where a policy lies, and what its training says of itself."""

    run: str
    training: dict[str, Any]


class Table(msgspec.Struct, frozen=True):
    """One table; its results lie beside it."""

    results: Annotated[str, msgspec.Meta(pattern=r"^results[A-Za-z0-9_.-]{0,60}\.csv\Z")]
    standings: Annotated[list[dict[str, Any]], msgspec.Meta(min_length=1)]
    differences: list[dict[str, Any]]
    examples: dict[str, str]


class StandingsFile(msgspec.Struct, frozen=True):
    """All of it; the numbers of the rows are the benchmark's own, under its seal."""

    format: Literal["attiqa-benchmark/1"]
    judge: str
    climbed: list[str]
    scorer: ScorerRow
    shown: str
    rows: dict[str, RowKind]
    policies: dict[str, PolicyRow]
    errors: int
    tables: dict[str, Table]


def check_standings(path: Path, content: Any) -> None:
    """Raises: InputError naming file and field for what is no `standings.json`."""
    told = described(path, content, StandingsFile, CURE, more=True)
    if "plain" not in told.tables:
        raise InputError(f"{path}: $.tables: lacks plain; {CURE}")
