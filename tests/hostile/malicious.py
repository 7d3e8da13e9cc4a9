"""A hundred files that mean harm, each given to the command that would read it: nothing runs, nothing breaks, nothing hangs.

PYTHONPATH=.:tests python -m hostile.malicious [--only WORD]
"""

import argparse
import importlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hostile import archives, bundles, descriptions, metadata, others, splits, tensors, votes
from hostile.confined import Ended, confined

Maker = Callable[[Path, Path], list]
"""Writes the file into an empty folder (what it executes would make the canary) and returns the command's words."""

MAKERS: Mapping[str, Maker] = {
    **descriptions.MAKERS,
    **tensors.MAKERS,
    **archives.MAKERS,
    **bundles.MAKERS,
    **others.MAKERS,
    **metadata.MAKERS,
    **splits.MAKERS,
    **votes.MAKERS,
}
FORBIDDEN = ("EXECUTED", "CALLED OUT", "HANG", "MEMORY", "CRASH")


@dataclass(frozen=True)
class Outcome:
    """A file by its name, and how the command that was given it ended."""

    name: str
    ended: Ended


COMMANDS = (
    "score",
    "label",
    "finetune",
    "evaluate",
    "render",
    "train",
    "study_analyse",
    "look",
    "report",
    "tools_apply",
)


def preload(commands: Sequence[str] = COMMANDS) -> None:
    """Load once, before all forks, what the commands load."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    for command in commands:
        importlib.import_module(f"experiments.commands.{command}")


def outcomes(names: list[str], folder: Path) -> Iterator[Outcome]:
    """Yield what became of each."""
    for place, name in enumerate(names):
        own, canary = folder / f"{place:03d}", folder / f"canary-{place}"
        own.mkdir(parents=True)
        yield Outcome(name, confined(_made(name, own, canary), own, canary))
        shutil.rmtree(own, ignore_errors=True)


def _made(name: str, folder: Path, canary: Path) -> list[str]:
    """The command's words. In a process of its own: a child's memory begins with what its parent held."""
    words = folder / ".words"
    if os.fork() == 0:
        try:
            words.write_text(json.dumps([str(word) for word in MAKERS[name](folder, canary)]))
        finally:
            os._exit(0)
    os.wait()
    return json.loads(words.read_text())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    preload()
    folder = Path(tempfile.mkdtemp(prefix="malicious-"))
    counted: Counter[str] = Counter()
    for each in outcomes([name for name in MAKERS if given.only in name], folder):
        ended = each.ended
        counted[ended.verdict] += 1
        print(
            f"{each.name:<58}{ended.verdict:<11}{ended.code:>4}{ended.seconds:>7.2f} s{ended.bytes / 2**20:>7.0f} MiB  {ended.said[-170:]}",
            flush=True,
        )
    shutil.rmtree(folder, ignore_errors=True)
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(counted.items())), f"of {counted.total()}")
    raise SystemExit(any(counted[verdict] for verdict in FORBIDDEN))


if __name__ == "__main__":
    main()
