"""Print one table of the paper with our results beside it: `python -m experiments.paper.show table2 --data DIR --runs DIR`."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.errors import InputError
from experiments.paper.find_sets import find_sets
from experiments.paper.markdown import markdown
from experiments.paper.stored_results import RESULTS, read_evaluations
from experiments.paper.table import PaperTable
from experiments.paper.tables import TABLES, OtherTable

NAMES = tuple(table.name for table in TABLES)


@dataclass(frozen=True)
class Options:
    """Which table, and where to look. The table is printed as Markdown."""

    table: Annotated[Literal[NAMES], tyro.conf.Positional]  # type: ignore[valid-type]
    """Name of the table."""
    data: Path | None = None
    """Folder that holds the data sets' own folders; says which missing cells could be filled here, and how."""
    runs: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR...")] = (RESULTS,)
    """Run folders of `attiqa evaluate` (or `prompts`, `study analyse`), or folders of them; default the kept results."""


def text_of(table: PaperTable | OtherTable, runs: tuple[Path, ...], data: Path | None = None) -> str:
    """Return one table as Markdown. Raises: InputError if a folder does not exist or a stored result is damaged."""
    if isinstance(table, OtherTable):
        return table.text(runs)
    return markdown(table, read_evaluations(runs), find_sets(data), data)


def main() -> None:
    """Print the table that the command line names; a user's error is one sentence and exit code 3."""
    options = tyro.cli(Options)
    try:
        print(text_of(TABLES[NAMES.index(options.table)], options.runs, options.data), end="")
    except InputError as error:
        print(f"attiqa: {error}", file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
