"""Damaged files given to every reader: a value, or a documented refusal; anything else is a finding, and how to repeat it is said.

PYTHONPATH=.:tests python -m hostile.fuzzing --inputs 20000 --seed 0
PYTHONPATH=.:tests python -m hostile.fuzzing --only PNG --number 17 --seed 0
"""

import argparse
import math
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from hostile.fuzzing.reader import Reader
from hostile.fuzzing.readers import READERS
from hostile.fuzzing.worker import Outcome, one, outcomes

COLUMNS = ("inputs", "values", "refusals", "findings")


def fuzz(reader: Reader, numbers: range, folder: Path, seed: int) -> list[Outcome]:
    """Return what became of each numbered input of one reader."""
    own = folder / "".join(letter if letter.isalnum() else "-" for letter in reader.name)
    own.mkdir(parents=True)
    reader.make(own)
    found = list(outcomes(reader, numbers, own, seed))
    shutil.rmtree(own)
    return found


def shares(inputs: int, readers: list[Reader]) -> dict[str, int]:
    """Return how many inputs each reader gets of so many."""
    whole = sum(reader.share for reader in readers)
    return {reader.name: math.ceil(inputs * reader.share / whole) for reader in readers}


def repeat(reader: Reader, number: int, seed: int) -> None:
    """Print what becomes of one input, which is left in the folder that is named first."""
    folder = Path(tempfile.mkdtemp(prefix="fuzzed-"))
    reader.make(folder)
    print(folder)
    outcome = one(reader, number, folder, seed)
    print(outcome.kind, outcome.file, outcome.said, sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=0.0, help="go on with further seeds for so long")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="readers whose name, or group, holds this")
    parser.add_argument("--number", type=int, help="this input alone")
    given = parser.parse_args()
    chosen = [each for each in READERS.values() if given.only in each.name or given.only == each.group]
    if given.number is not None:
        return repeat(next(each for each in chosen if each.name == given.only), given.number, given.seed)
    end, seed, counted = time.monotonic() + 60 * given.minutes, given.seed, Counter[tuple[str, str]]()
    while seed == given.seed or time.monotonic() < end:
        _round(chosen, given.inputs, seed, counted)
        seed += 1
    sys.exit(_told(chosen, counted))


def _round(chosen: list[Reader], inputs: int, seed: int, counted: Counter) -> None:
    folder, wanted = Path(tempfile.mkdtemp(prefix="fuzzing-")), shares(inputs, chosen)
    for reader in chosen:
        began, told = time.monotonic(), 0
        for outcome in fuzz(reader, range(wanted[reader.name]), folder, seed):
            counted[reader.name, "finding" if outcome.is_finding else outcome.kind] += 1
            if outcome.is_finding and (told := told + 1) <= 5:
                print(
                    f"--only '{reader.name}' --number {outcome.number} --seed {seed}: {outcome.kind} {outcome.file}\n{outcome.said}"
                )
        print(f"{reader.name}: {wanted[reader.name]} in {time.monotonic() - began:.1f} s, {told} findings", flush=True)
    shutil.rmtree(folder)


def _told(chosen: list[Reader], counted: Counter) -> int:
    print("\n| reader | inputs | values | refusals | findings |\n|---|---|---|---|---|")
    groups = {
        group: [each.name for each in chosen if each.group == group]
        for group in dict.fromkeys(each.group for each in chosen)
    }
    for group, names in {**groups, "all": [each.name for each in chosen]}.items():
        kinds = [sum(counted[name, kind] for name in names) for kind in ("value", "refused", "finding")]
        print(f"| {group} ({len(names)}) | {sum(kinds):,} | " + " | ".join(f"{kind:,}" for kind in kinds) + " |")
    return sum(count for (_, kind), count in counted.items() if kind == "finding")


if __name__ == "__main__":
    main()
