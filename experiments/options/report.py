"""Options of `attiqa report`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import UsageError
from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Make one HTML file of a benchmark: pictures, tables, curves, and what was not proved; it needs nothing beside it."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Run folders of `attiqa benchmark`, and of the `attiqa train` whose curves are to be shown."""
    out: Path
    """The HTML file."""
    title: str = "Tuned by ATTIQA"
    """Heading of the page."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is read."""
        checks.named(self.runs, "no runs named; give the folder that `attiqa benchmark` wrote")
        if self.out.suffix.lower() not in (".html", ".htm"):
            raise UsageError(f"--out {self.out}: name a file that ends in .html")
        checks.new_file(self.out, "out")
