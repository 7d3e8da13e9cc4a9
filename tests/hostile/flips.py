"""One bit flipped in anything that is read again: it is refused in one sentence, or what is read is the same.

PYTHONPATH=.:tests python -m hostile.flips --flips 400
"""

import argparse
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hostile.artefacts import ARTEFACTS

from attiqa_core.errors import InputError, UsageError


@dataclass(frozen=True)
class Flip:
    """What became of one flipped bit: refused, equal, silent (something else was read), or a crash."""

    artefact: str
    file: str
    byte: int
    outcome: str
    said: str


def flip_some(folder: Path, flips: int, seed: int = 0, names: Sequence[str] = tuple(ARTEFACTS)) -> list[Flip]:
    """Return what became of `flips` bits, each flipped in a file of an artefact in turn, and mended again."""
    rng = random.Random(seed)
    told: dict[str, Any] = {}
    for place, name in enumerate(names):
        (folder / str(place)).mkdir(parents=True)
        ARTEFACTS[name].make(folder / str(place))
        told[name] = ARTEFACTS[name].read(folder / str(place))
    return [_flip(rng, folder / str(n % len(names)), names[n % len(names)], told) for n in range(flips)]


def _flip(rng: random.Random, folder: Path, name: str, told: dict[str, Any]) -> Flip:
    path = rng.choice(sorted(each for each in folder.rglob("*") if each.is_file() and _is_read(each)))
    whole = path.read_bytes()
    changed, byte = bytearray(whole), rng.randrange(len(whole))
    changed[byte] ^= 1 << rng.randrange(8)
    path.write_bytes(changed)
    try:
        outcome, said = ("equal", "") if ARTEFACTS[name].read(folder) == told[name] else ("silent", "")
    except (InputError, UsageError) as error:
        outcome, said = "refused", str(error)
    except Exception as error:
        outcome, said = "crash", repr(error)
    path.write_bytes(whole)
    return Flip(name, path.relative_to(folder).as_posix(), byte, outcome, said)


def _is_read(path: Path) -> bool:
    """Not what is for people alone, or that a server hands out: pictures of a study, a run's options as they were."""
    return path.suffix not in (".jpg", ".md") and path.name != "config.toml"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--flips", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="flips-"))
    flips = flip_some(folder, given.flips, given.seed)
    shutil.rmtree(folder)
    kinds = ("refused", "equal", "silent", "crash")
    print(f"{'':<22}" + "".join(f"{kind:>9}" for kind in kinds))
    for name in (*ARTEFACTS, ""):
        counted = Counter(flip.outcome for flip in flips if name in ("", flip.artefact))
        print(f"{name or 'all':<22}" + "".join(f"{counted[kind]:>9}" for kind in kinds))
    for flip in flips:
        if flip.outcome in ("silent", "crash"):
            print(flip)


if __name__ == "__main__":
    main()
