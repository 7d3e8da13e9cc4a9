"""One command in a child process of its own, under limits, without a network, and with an eye on what it executes."""

import ctypes
import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 10
"""Of processor time; waiting for nothing counts too, up to three times as long, since the machine may be shared."""
OWN = 900 * 2**20
"""What a command that has loaded torch and its like holds by itself, in bytes."""
BYTES = 2 * 2**30 - OWN
"""What a command may hold beyond that: 2 GiB in all. A fork begins with what its parent holds, which is taken away."""
EXECUTED, CALLED_OUT = 98, 97
ALLOWED = (0, 2, 3, 4, 5)
NEW_NETWORK = 0x40000000  # CLONE_NEWNET


@dataclass(frozen=True)
class Ended:
    """How a command ended: its code (below 0: the signal), processor seconds, the most bytes that it held beyond its parent's, its last words."""

    code: int
    seconds: float
    bytes: int
    said: str

    @property
    def verdict(self) -> str:
        """refused, read, or what must not be."""
        if self.code == EXECUTED:
            return "EXECUTED"
        if self.code == CALLED_OUT:
            return "CALLED OUT"
        if self.seconds > SECONDS or self.code in (-9, -24):
            return "HANG"
        if self.bytes > BYTES:
            return "MEMORY"
        return {0: "read"}.get(self.code, "refused") if self.code in ALLOWED else "CRASH"


def confined(words: Sequence[str], folder: Path, canary: Path) -> Ended:
    """Run `attiqa WORDS` in a fork of this process. It is ended where it executes or calls out; `canary` tells as well."""
    output = folder / ".said"
    held = _pages(1)
    child = os.fork()
    if child == 0:
        _be(words, folder, output)
    code, usage = _awaited(child)
    said = output.read_text(errors="replace").strip().splitlines()
    code = EXECUTED if canary.exists() else code
    return Ended(code, usage.ru_utime + usage.ru_stime, max(0, usage.ru_maxrss * 1024 - held), said[-1] if said else "")


def _awaited(child: int) -> tuple[int, Any]:
    end = time.monotonic() + 3 * SECONDS
    while True:
        found, status, usage = os.wait4(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), usage
        if time.monotonic() > end:
            os.kill(child, 9)
        time.sleep(0.005)


def _be(words: Sequence[str], folder: Path, output: Path) -> None:
    from experiments.cli import main

    code = 1
    try:
        os.chdir(folder)
        writing = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(writing, stream)
        sys.stdout, sys.stderr = (os.fdopen(stream, "w") for stream in (1, 2))
        ctypes.CDLL(None).unshare(NEW_NETWORK)  # where that is not allowed, the hook below has to do
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS + 1, SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        room = _pages(0) + 6 * 2**30
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
        sys.addaudithook(_watch)
        sys.argv = ["attiqa", *map(str, words)]
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException as error:  # what even the command line did not catch
        print(repr(error))
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _pages(which: int) -> int:
    """Bytes of this process: 0 for all that it may address, 1 for what lies in memory."""
    return int(Path("/proc/self/statm").read_text().split()[which]) * resource.getpagesize()


def _watch(event: str, arguments: tuple) -> None:
    """Ends the process where it would execute or connect; our decoding children, git and the compiler are our own."""
    if event in ("os.system", "os.exec", "os.posix_spawn", "pty.spawn") or event == "pickle.find_class":
        os._exit(EXECUTED)
    if event == "subprocess.Popen" and not _is_ours(arguments[0], arguments[1]):
        os._exit(EXECUTED)
    if event in ("socket.connect", "socket.getaddrinfo"):
        os._exit(CALLED_OUT)


def _is_ours(program: Any, words: Any) -> bool:
    first = str(words[0] if isinstance(words, list | tuple) else words)
    return first == sys.executable or Path(first).name in (
        "git",
        "c++",
        "g++",
        "cc",
        "gcc",
        "clang++",
        "lscpu",
        "uname",
    )
