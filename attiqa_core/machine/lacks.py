"""What a machine ran out of, in whatever words a library says it: the one owner of what such errors mean."""

import errno
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Literal, get_args

from attiqa_core.errors import ResourceError

try:
    import resource
except ImportError:  # Windows limits no files
    resource = None

Lack = Literal[
    "memory", "GPU memory", "shared memory", "disk", "quota", "file size", "open files", "processes", "device"
]
ALL: tuple[Lack, ...] = get_args(Lack)
NOT_MEMORY: tuple[Lack, ...] = tuple(each for each in ALL if each not in ("memory", "GPU memory"))
IN_WRITING: tuple[Lack, ...] = ("disk", "quota", "file size", "open files", "device")

ERRNOS: dict[int, Lack] = {
    errno.ENOMEM: "memory",
    errno.ENOSPC: "disk",
    errno.EDQUOT: "quota",
    errno.EFBIG: "file size",
    errno.EMFILE: "open files",
    errno.ENFILE: "open files",
    errno.EAGAIN: "processes",
}

WORDS: tuple[tuple[Lack, str], ...] = (
    ("GPU memory", r"(cuda|hip|mps|xpu)\b.{0,40}out of memory|(cublas|cudnn|cusolver)_status_alloc_failed"),
    ("shared memory", r"shared memory|/dev/shm|/torch_|dataloader worker.{0,60}(bus error|killed)"),
    (
        "memory",
        r"out of memory|(not enough|insufficient|cannot allocate|can't allocate|failed to allocate).{0,20}memory",
    ),
    (
        "memory",
        r"failed to map segment|cannot map zero-fill|static TLS block|\bbad_alloc\b|bad allocation|unable to allocate",
    ),
    ("quota", r"quota exceeded"),
    ("disk", r"no space left on device|(disk|device) is full|disk full|\d+ requested and \d+ written"),
    ("disk", r"os error 28\b|errno = 28\b|\[errno 28\]|not enough disk space"),
    ("file size", r"file too large|os error 27\b"),
    ("open files", r"too many open files"),
    ("processes", r"can't start new thread|resource temporarily unavailable|thread creation failed|pthread_create"),
)
"""How libraries say it whose errors have no number: torch, safetensors, sqlite, NumPy, LibRaw, OpenCV, ONNX Runtime, the hub."""

LITTLE_BYTES = 1 << 16
"""Of room on a disk: as good as none."""

SAYING_SO = (RuntimeError, OSError, SystemError, ImportError)
"""Python's own classes whose words count, as a library's do; a ValueError's may quote a stranger's file."""

CURES: dict[Lack, str] = {
    "memory": "out of memory; close other programs, or ask for less at a time",
    "GPU memory": "out of memory of the GPU; ask for less at a time, end what else runs there, or take --device cpu",
    "shared memory": "the machine's shared memory (/dev/shm) is too small; give it more (docker run --shm-size=2g)",
    "disk": "the disk is full; free some space and run the command again",
    "quota": "your quota of this disk is used up; remove some files and run the command again",
    "file size": "larger than files may be here (ulimit -f, or a FAT disk); raise the limit, or name another folder",
    "open files": "too many open files; raise the limit (ulimit -n 4096) and run the command again",
    "processes": "no further process or thread may be started; end other programs, or raise the limit (ulimit -u)",
    "device": "the disk or share fails (input/output error); look after it, and run the command again",
}


def lack_of(error: BaseException) -> Lack | None:
    """Return what the machine was out of, by an error or by one that it was raised from; None if it was out of nothing."""
    return next((lack for each in _chain(error) if (lack := _own_lack(each)) is not None), None)


def is_of_memory(error: BaseException) -> bool:
    """Return whether less at a time might help."""
    return lack_of(error) in ("memory", "GPU memory")


def refuse_lack(error: BaseException, place: Path | str | None = None, lacks: Collection[Lack] = ALL) -> None:
    """Return if the machine was out of none of these. Who reads a file asks, before the file is blamed for it.

    Raises: ResourceError with the sentence of `sentence_of` otherwise.
    """
    lack = lack_of(error)
    if isinstance(error, ResourceError) and (lack is None or lack in lacks):
        raise error
    if lack in lacks:
        raise ResourceError(sentence_of(error, place)) from error


def sentence_of(error: BaseException, place: Path | str | None = None) -> str:
    """Return where it happened, what is missing and the cure; `place` is where, if the error does not say so."""
    lack = lack_of(error)
    assert lack is not None
    where = place or named_in(error)
    if lack == "disk" and where is not None and without_inodes(Path(where)):
        return f"{where}: the disk has no free inodes, it holds too many files; remove some and run the command again"
    return CURES[lack] if where is None or lack in ("processes", "shared memory") else f"{where}: {CURES[lack]}"


def named_in(error: BaseException) -> str | None:
    """Return the file that an error, or one that it was raised from, names."""
    names = (each.filename for each in _chain(error) if isinstance(each, OSError))
    return next((os.fsdecode(name) for name in names if isinstance(name, str | bytes) and name), None)


def without_inodes(path: Path) -> bool:
    """Return whether the disk of a path, which need not be there, has room but takes no further file."""
    about = _disk(path)
    return about is not None and about.f_files > 0 and about.f_favail == 0 and about.f_bavail > 0


def without_room(path: Path) -> bool:
    """Return whether the disk of a path, which need not be there, takes no further block or no further file."""
    about = _disk(path)
    return about is not None and (
        about.f_bavail * about.f_frsize < LITTLE_BYTES or (about.f_files > 0 and not about.f_favail)
    )


def _disk(path: Path) -> Any:
    try:
        return os.statvfs(next(each for each in (path, *path.absolute().parents) if each.exists()))
    except (OSError, AttributeError, StopIteration):  # Windows has no statvfs
        return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it was raised from, as a traceback shows them."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _own_lack(error: BaseException) -> Lack | None:
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, OSError) and error.errno is not None:
        return _by_number(error)
    if type(error).__name__ == "OutOfMemoryError":  # torch's, without importing it
        return "GPU memory"
    of_a_library = type(error).__module__ != "builtins" and not isinstance(error, ValueError)
    if not of_a_library and not isinstance(error, SAYING_SO):
        return None
    return next((lack for lack, words in WORDS if re.search(words, str(error), re.IGNORECASE)), None)


def _by_number(error: OSError) -> Lack | None:
    if error.errno == errno.EIO and error.filename is None:
        return "device"
    if error.errno == errno.ENOENT and "temporary directory" in str(error) and not _files_may_have_bytes():
        return "file size"  # tempfile writes a few bytes into each folder that it tries
    if error.errno == errno.EAGAIN and error.strerror != os.strerror(errno.EAGAIN):
        return None  # a pipe that nobody reads just now
    return ERRNOS.get(error.errno or 0)


def _files_may_have_bytes() -> bool:
    return resource is None or resource.getrlimit(resource.RLIMIT_FSIZE)[0] not in range(LITTLE_BYTES)
