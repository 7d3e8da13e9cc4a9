"""One command as a process of its own: under limits, killed after a while, and what it said and left."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from experiments.soak.cases import Case

LONGEST_S = 600.0
EXPECTED = (0, 3, 4, 5)
"""Exit codes with which a command may answer a machine that is short of something."""


@dataclass(frozen=True)
class Ended:
    """How a process ended: its code (negative: a signal's number), its last line, and the seconds that it took."""

    code: int
    said: str
    seconds: float
    killed: bool = False

    @property
    def by_the_loader(self) -> bool:
        """Whether the system's loader of libraries ended it for want of memory, before anything of ours could speak."""
        return self.code == 127 and self.said == "out of memory"

    @property
    def fault(self) -> str:
        """Return what is wrong with the way that it ended, where no kill of ours ended it; empty if nothing is."""
        if self.killed or (self.code in EXPECTED and "is a bug" not in self.said) or self.by_the_loader:
            return ""
        how = f"signal {-self.code}" if self.code < 0 else f"exit {self.code}"
        return f"{how}: {self.said[-200:]}"


def run(
    words: list[str],
    *,
    kill_after: float | None = None,
    limit: Callable[[], None] | None = None,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> Ended:
    """Return how `attiqa WORDS` ended; killed with all its children, by SIGKILL, after `kill_after` seconds if it lives then."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments.cli", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environment or {})},
        preexec_fn=limit,
        start_new_session=True,
    )
    killed = False
    try:
        _, said = process.communicate(timeout=LONGEST_S if kill_after is None else kill_after)
    except subprocess.TimeoutExpired:
        killed = kill_after is not None
        os.killpg(process.pid, signal.SIGKILL)
        _, said = process.communicate()
    text = said.decode(errors="replace").strip()
    if log is not None:
        with log.open("a", encoding="utf-8") as file:
            file.write(f"$ attiqa {' '.join(words)}\n{text}\n[{process.returncode}]\n\n")
    last = text.splitlines()[-1] if text else ""
    return Ended(process.returncode, last, time.monotonic() - began, killed)


def result_of(case: Case, out: Path) -> dict[str, str]:
    """Return the hash of each file that has to be the same, by its name below `out`."""
    paths = sorted({path for pattern in case.same for path in out.glob(pattern) if path.is_file()})
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
