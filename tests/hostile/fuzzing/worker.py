"""A child process that is fed one damaged file after another, under limits; whatever it dies of is told, and the next child goes on."""

import faulthandler
import json
import os
import random
import resource
import select
import shutil
import signal
import struct
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hostile.fuzzing.mending import fit_again
from hostile.fuzzing.mutations import mutated
from hostile.fuzzing.reader import Reader

from attiqa_core.errors import InputError, ResourceError, UsageError

SECONDS = 10
"""Of processor time for one file."""
WAITING = 40
"""Seconds by the clock, of which others may have most."""
BYTES = 2 * 2**30
"""What one file may make the process ask for beyond what it has."""
FINE = ("value", "refused")
HEAD = struct.Struct("<I")


@dataclass(frozen=True)
class Outcome:
    """What became of one damaged file: a value, refused in a sentence, or what must not be, with a trace."""

    reader: str
    number: int
    file: str
    kind: str
    said: str

    @property
    def is_finding(self) -> bool:
        return self.kind not in FINE


def outcomes(reader: Reader, numbers: range, folder: Path, seed: int = 0) -> Iterator[Outcome]:
    """Yield what became of each numbered input; the same number and seed give the same input."""
    started, whole = numbers.start, contents_of(folder)
    while started < numbers.stop:
        for outcome in _of_one_child(reader, range(started, numbers.stop), folder, seed):
            started = outcome.number + 1
            yield outcome
        put_back(folder, whole)  # where a child died


def _of_one_child(reader: Reader, numbers: range, folder: Path, seed: int) -> Iterator[Outcome]:
    """Yield outcomes up to the one that the child dies of."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _serve(reader, numbers, folder, seed, writing)
    os.close(writing)
    under_way, ended = numbers.start, False
    try:
        while not ended:
            ready, _, _ = select.select([reading], [], [], WAITING)
            message = _received(reading) if ready else None
            if message is None:
                ended = True
            elif "begun" in message:
                under_way = message["begun"]
            else:
                under_way = message["number"] + 1
                yield Outcome(**message)
        hung = not ready
    finally:
        os.close(reading)
        if _is_running(child):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if under_way < numbers.stop:
        code = os.waitstatus_to_exitcode(status)
        kind = "hang" if hung or code == -signal.SIGPROF else "died"
        yield Outcome(reader.name, under_way, "", kind, f"the process ended with {code}")


def _is_running(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def _serve(reader: Reader, numbers: range, folder: Path, seed: int, writing: int) -> None:
    try:
        faulthandler.disable()  # what a child dies of is told by its end
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for number in numbers:
            _send(writing, {"begun": number})
            _send(writing, vars(one(reader, number, folder, seed)))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def one(reader: Reader, number: int, folder: Path, seed: int = 0) -> Outcome:
    """Return what becomes of one numbered input, in this process."""
    rng = random.Random(f"{seed}/{reader.name}/{number}")
    before = contents_of(folder)
    path = damage(reader, folder, before, rng)
    said = path.relative_to(folder).as_posix()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (_addressed() + BYTES, hard))
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        reader.read(folder, path)
        kind, told = "value", ""
    except (InputError, UsageError) as error:
        kind, told = "refused", str(error)
    except ResourceError as error:
        kind, told = "memory", str(error)
    except BaseException as error:
        kind, told = "crash", "".join(traceback.format_exception(error)[-6:])
        told = told if len(told) < 6000 else told[:3000] + told[-3000:]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        put_back(folder, before)
    return Outcome(reader.name, number, said, kind, told.encode("utf-8", "backslashreplace").decode())


def contents_of(folder: Path) -> dict[Path, bytes]:
    """Return the files of a folder, in the order of their names."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def damage(reader: Reader, folder: Path, before: dict[Path, bytes], rng: random.Random) -> Path:
    """Damage one file in a folder that the reader's maker filled with `before`, and return it."""
    chosen = [path for path in before if reader.damages(path)]
    path = rng.choice(chosen)
    others = [before[each] for each in chosen if each.suffix == path.suffix and each != path]
    path.write_bytes(mutated(path.name, before[path], others, rng))
    if rng.random() < 0.8:
        fit_again(folder, path, before)
    return path


def put_back(folder: Path, before: dict[Path, bytes]) -> None:
    """Make the files of a folder what they were."""
    for path in folder.rglob("*"):
        if path not in before and path.is_file():
            path.unlink()
    for path, content in before.items():
        if path.is_dir():
            shutil.rmtree(path)
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _addressed() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _send(writing: int, message: dict) -> None:
    content = json.dumps(message).encode()
    content = HEAD.pack(len(content)) + content
    while content:
        content = content[os.write(writing, content) :]


def _received(reading: int) -> dict | None:
    head = _exactly(reading, HEAD.size)
    content = head and _exactly(reading, HEAD.unpack(head)[0])
    return json.loads(content) if content else None


def _exactly(reading: int, size: int) -> bytes | None:
    content = b""
    end = time.monotonic() + WAITING
    while len(content) < size and time.monotonic() < end:
        part = os.read(reading, size - len(content))
        if not part:
            return None
        content += part
    return content
