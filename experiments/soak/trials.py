"""The four trials of a command: kills, a disk that is too small, limits, a clock that jumps."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from experiments.soak.cases import Case, words_of
from experiments.soak.running import Ended, result_of, run

MOST_KILLS = 12
"""In one round; then the command may end undisturbed."""

FIRST_KIB, LAST_KIB = 64, 1 << 16
"""Sizes of the small disk, which doubles until the command fits."""

NOBODY = 65534
MIB = 1 << 20
LIMITS: dict[str, tuple[int, ...]] = {
    "NOFILE": (16, 24, 32, 64),
    "FSIZE": (0, 4096, 64 * 1024),
    "AS": (1000 * MIB, 2600 * MIB, 3300 * MIB, 3600 * MIB, 3900 * MIB, 4300 * MIB),
    "NPROC": (1, 2, 4),
}
JUMPS = Path(__file__).parent / "jumping_clock"


@dataclass
class Soaked:
    """What a trial of a command came to: rounds, kills or sizes, and each fault that was seen, once."""

    command: str
    trial: str
    rounds: int = 0
    kills: int = 0
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, fault: str) -> None:
        """Keep a fault, if there is one and it is new."""
        if fault and fault not in self.faults:
            self.faults.append(fault)

    @property
    def row(self) -> str:
        """One row of the report's table."""
        outcome = "; ".join(self.faults) or ("no fault" if self.rounds else "not tried")
        notes = f" ({'; '.join(dict.fromkeys(self.notes))})" if self.notes else ""
        return f"| {self.command} | {self.trial} | {self.rounds} | {self.kills} | {outcome}{notes} |"


@dataclass(frozen=True)
class Undisturbed:
    """A command's result where nothing happens to it, and how long it takes."""

    result: dict[str, str]
    seconds: float
    code: int = 0
    """Its exit code: `gate` ends with 3 where a scorer fails."""


def undisturbed(case: Case, materials: Path, folder: Path, log: Path) -> Undisturbed | str:
    """Return what a command comes to by itself, or what it said instead."""
    ended = run(words_of(case, materials, folder, again=False), log=log)
    result = result_of(case, folder)
    if not result:
        return f"exit {ended.code}, and none of {', '.join(case.same)} is there: {ended.said[-200:]}"
    return Undisturbed(result, ended.seconds, ended.code)


def kills(
    name: str,
    case: Case,
    materials: Path,
    folder: Path,
    usual: Undisturbed,
    rounds: int,
    chance: random.Random,
    log: Path,
) -> Soaked:
    """Kill a command at random moments, let it go on until it ends, and compare; `rounds` times."""
    soaked = Soaked(name, "kill -9")
    for number in range(rounds):
        out = folder / f"killed-{number}"
        soaked.rounds += 1
        again = False
        for kill in range(MOST_KILLS + 1):
            after = chance.uniform(0.2, 1.0) * usual.seconds if kill < MOST_KILLS else None
            ended = run(words_of(case, materials, out, again=again), kill_after=after, log=log)
            again = True
            if not ended.killed:
                break
            soaked.kills += 1
        if ended.code in (2, 3) and ended.code != usual.code and not case.resume:
            soaked.notes.append(f"begun anew: {ended.said[:100]}")
            shutil.rmtree(out, ignore_errors=True)
            ended = run(words_of(case, materials, out, again=False), log=log)
        _judge(soaked, case, out, usual, ended)
    return soaked


def small_disk(name: str, case: Case, materials: Path, folder: Path, usual: Undisturbed, log: Path) -> Soaked:
    """Let a command write to a disk that is too small, and grow the disk until it fits: exit 5 each time, then the same result."""
    soaked = Soaked(name, "small disk")
    mount = folder / "disk"
    mount.mkdir()
    if not _mounted("mount", "-t", "tmpfs", "-o", f"size={FIRST_KIB}k", "tmpfs", str(mount)):
        soaked.notes.append("skipped: no tmpfs may be mounted here")
        return soaked
    try:
        size, again, out = FIRST_KIB, False, mount / "out"
        while size <= LAST_KIB:
            soaked.rounds += 1
            ended = run(words_of(case, materials, out, again=again), log=log)
            if ended.code == usual.code:
                break
            soaked.add("" if ended.code == 5 else f"{size} KiB: exit {ended.code}: {ended.said[-160:]}")
            again, size = True, 2 * size
            _mounted("mount", "-o", f"remount,size={size}k", str(mount))
            if ended.code in (2, 3) and not case.resume:
                shutil.rmtree(out, ignore_errors=True)
        soaked.notes.append(f"fits in {size} KiB")
        _judge(soaked, case, out, usual, ended)
    finally:
        _mounted("umount", str(mount))
    return soaked


def limits(name: str, case: Case, materials: Path, folder: Path, usual: Undisturbed, log: Path) -> Iterator[Soaked]:
    """Run a command under each limit of the system: it has to end by itself, with a sentence, or with the usual result."""
    for kind, values in LIMITS.items():
        soaked = Soaked(name, f"RLIMIT_{kind}")
        for value in values:
            if kind == "NPROC" and not may_be_nobody():
                soaked.notes.append("skipped: root is not counted, and nobody may not run this Python")
                break
            out = folder / f"{kind}-{value}"
            ended = run(words_of(case, materials, out, again=False), limit=_limited(kind, value), log=log)
            soaked.rounds += 1
            soaked.add(f"{value}: {ended.fault}" if ended.fault else "")
            soaked.notes.append(f"{value}: {ended.code}")
            if ended.code == usual.code == 0 and result_of(case, out) != usual.result:
                soaked.add(f"{value}: exit 0 with another result")
        yield soaked


def jumping_clock(name: str, case: Case, materials: Path, folder: Path, usual: Undisturbed, log: Path) -> Soaked:
    """Run a command while the time of day jumps by days and years, forward and back: the same result."""
    soaked = Soaked(name, "clock", rounds=1)
    out = folder / "clock"
    paths = os.pathsep.join([str(JUMPS), os.environ.get("PYTHONPATH", "")])
    ended = run(words_of(case, materials, out, again=False), environment={"PYTHONPATH": paths}, log=log)
    _judge(soaked, case, out, usual, ended)
    soaked.add(f"took {ended.seconds:.0f} s for {usual.seconds:.0f}" if ended.seconds > 4 * usual.seconds + 10 else "")
    return soaked


def _judge(soaked: Soaked, case: Case, out: Path, usual: Undisturbed, ended: Ended) -> None:
    if ended.code != usual.code:
        soaked.add(f"exit {ended.code}: {ended.said[-200:]}")
    elif (found := result_of(case, out)) != usual.result:
        other = sorted(key for key in usual.result.keys() | found.keys() if usual.result.get(key) != found.get(key))
        soaked.add(f"another result: {', '.join(other[:3])}")


def _limited(kind: str, value: int) -> Callable[[], None]:
    """What sets a limit in the child. Processes are counted of a user, and not of root: the child becomes nobody's."""

    def limit() -> None:
        import resource

        if kind == "NPROC" and os.getuid() == 0:
            os.environ["HOME"] = "/nonexistent"
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (value, value))

    return limit


def may_be_nobody() -> bool:
    """Return whether processes of this user are counted, or one of nobody's can run this Python."""
    if os.getuid():
        return True
    try:
        return subprocess.run([sys.executable, "-c", ""], user=NOBODY, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _mounted(*words: str) -> bool:
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
