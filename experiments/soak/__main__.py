"""`python -m experiments.soak [--only label ...] [--trials kills ...] [--minutes 20]`: a table on stdout, everything said in a log."""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from experiments.soak import trials
from experiments.soak.cases import CASES
from experiments.soak.materials import make_materials

TRIALS = ("kills", "disk", "limits", "clock")
HEAD = "| command | trial | rounds | kills | outcome |\n|---|---|---|---|---|"


def main() -> int:
    """Soak the commands and return 1 if a fault was seen; what the time did not suffice for is named as left out."""
    asked = argparse.ArgumentParser("python -m experiments.soak", description=__doc__)
    asked.add_argument("--only", nargs="+", choices=tuple(CASES), default=tuple(CASES), help="commands; default all")
    asked.add_argument("--trials", nargs="+", choices=TRIALS, default=TRIALS, help="what is done to them; default all")
    asked.add_argument("--rounds", type=int, default=2, help="of kills, for each command")
    asked.add_argument("--minutes", type=float, default=60.0, help="no trial begins later")
    asked.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    asked.add_argument("--log", type=Path, default=Path("soak.log"), help="what every process said")
    options = asked.parse_args()
    until, faults = time.monotonic() + 60 * options.minutes, 0
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory(prefix="attiqa-soak-") as folder:
        Path(folder).chmod(0o755)  # who is nobody looks into it
        for soaked in soak(options, Path(folder), until):
            faults += len(soaked.faults)
            print(soaked.row, flush=True)
    print(f"{faults} faults; what was said: {options.log}", file=sys.stderr)
    return 1 if faults else 0


def soak(options: argparse.Namespace, folder: Path, until: float) -> Iterator[trials.Soaked]:
    """Yield what each trial of each command came to."""
    materials = folder / "materials"
    make_materials(materials)
    for name in options.only:
        if time.monotonic() > until:
            yield trials.Soaked(name, "all", notes=["left out: the time was over"])
            continue
        yield from _one(name, options, materials, folder / name.replace(" ", "-"))


def _one(name: str, options: argparse.Namespace, materials: Path, folder: Path) -> Iterator[trials.Soaked]:
    case, log, chance = CASES[name], options.log, random.Random(f"{name} {options.seed}")
    folder.mkdir()
    usual = trials.undisturbed(case, materials, folder / "undisturbed", log)
    if isinstance(usual, str):
        yield trials.Soaked(name, "undisturbed", faults=[usual])
        return
    if "kills" in options.trials:
        yield trials.kills(name, case, materials, folder, usual, options.rounds, chance, log)
    if "disk" in options.trials:
        yield trials.small_disk(name, case, materials, folder, usual, log)
    if "limits" in options.trials:
        yield from trials.limits(name, case, materials, folder, usual, log)
    if "clock" in options.trials:
        yield trials.jumping_clock(name, case, materials, folder, usual, log)


if __name__ == "__main__":
    sys.exit(main())
