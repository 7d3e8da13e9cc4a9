"""Options of `attiqa tools compare`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import UsageError
from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Compare an agent that picks tools with doing nothing, chance, greedy steps and a beam, at stated queries, on photos with
    planted defects that it was not trained on. Oracles, who know the undamaged photo, stand apart."""

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder of `attiqa tools train`."""
    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Good photos, or raws, that nobody trained on; defects are planted as in training, of another seed."""
    out: Path = Path("runs/tools-compare")
    """New folder: results.json, results.csv, table.txt, sheet.jpg."""
    judge: str = "attiqa-mini"
    """Whom the honest searches ask: a shipped scorer, or the folder of one."""
    beam: tuple[int, int] = (3, 2)
    """Width and depth of the beams."""
    budget: int = 0
    """Queries that each search has for a picture; 0: as many as it takes. One query is one tool applied and judged."""
    searches: bool = True
    """Also the searches that ask the judge, which cost most of the time."""
    draws: int = 4
    """Pictures of each photo."""
    seed: int = 1000
    """Seed of what is planted, and of chance; not the training's."""
    resume: bool = False
    """Go on in --out: rows that are done are not played again."""
    device: str = "auto"
    """auto, cpu or cuda."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.named(self.photos, "no photos named; give photos that nobody trained on")
        checks.present(self.run)
        checks.at_least(self, budget=0, draws=1)
        if min(self.beam) < 1:
            raise UsageError(f"--beam {self.beam[0]} {self.beam[1]}: give a width and a depth of at least 1")
        checks.seed(self)
        checks.new_folder(self.out, resume=self.resume)
