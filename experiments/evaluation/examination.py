"""The gate as commands hold it: its table printed, its sheet drawn."""

from collections.abc import Sequence
from pathlib import Path

from attiqa_core.judges import gate
from attiqa_core.judges.gate_report import GateReport
from attiqa_core.judges.gate_table import describe
from attiqa_core.judges.judge import Judge
from attiqa_core.photos.images import Picture
from experiments.drawing.gate_sheets import write_cases

CASES_SHEET = "gate.jpg"


def examine(scorer: Judge, photos: Sequence[Picture], names: Sequence[str], folder: Path, seed: int = 0) -> GateReport:
    """Return how a scorer fares on these photos; the table is printed, and the worst of every case drawn in `folder`."""
    report = gate.check(scorer, photos, names, seed)
    print(describe(report))
    write_cases(folder / CASES_SHEET, report, photos, names, seed)
    return report
