"""Print one table of the paper with our results beside it: `python -m experiments.paper.table2 --data DIR --runs DIR`."""

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import InputError
from experiments.paper.find_sets import find_sets
from experiments.paper.stored_results import RESULTS, read_evaluations
from experiments.paper.table import PaperTable, markdown

TABLES = (
    "table1",
    "table2",
    "table3",
    "data_efficient",
    "feature_similarity",
    "linear_probing",
    "ablations",
    "pairwise",
    "agiqa3k",
    "isp_win_rate",
)
"""In the paper's order; each is a module of this package."""


@dataclass(frozen=True)
class Options:
    """Where to look. The table is printed as Markdown."""

    data: Path | None = None
    """Folder that holds the data sets' own folders; says which missing cells could be filled here, and how."""
    runs: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR...")] = (RESULTS,)
    """Run folders of `attiqa evaluate` (or `prompts`, `study analyse`), or folders of them; default the kept results."""


def print_table(table: PaperTable) -> None:
    """Print one table of results as the options on the command line say."""
    print_text(lambda options: text_of(table, options))


def print_text(text: Callable[[Options], str]) -> None:
    """Print `text(options)`; a user's error is one sentence and exit code 3."""
    options = tyro.cli(Options)
    try:
        print(text(options), end="")
    except InputError as error:
        print(f"attiqa: {error}", file=sys.stderr)
        sys.exit(3)


def text_of(table: PaperTable, options: Options) -> str:
    return markdown(table, read_evaluations(options.runs), find_sets(options.data), options.data)


def all_tables(options: Options) -> str:
    """Return every table of the paper, one below the other."""
    return "\n".join(importlib.import_module(f"experiments.paper.{name}").text(options) for name in TABLES)
