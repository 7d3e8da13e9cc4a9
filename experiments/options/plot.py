"""Options of `attiqa plot`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Plot runs: curves of networks and of agents, ranking accuracy per attribute, predicted against rated MOS, each with a CSV."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Run folders of train, pretrain, finetune, qualiclip (metrics.jsonl) or evaluate (predictions/*.csv)."""
    out: Path = Path("runs/plots")
    """New folder for the PNG and CSV files."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.named(self.runs, "no runs named; give folders of train, pretrain, finetune or evaluate")
        checks.new_folder(self.out)
