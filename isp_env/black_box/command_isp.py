"""`CommandIsp`: pictures of another program, in parallel, each made once and kept by content."""

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jaxtyping import Float
from torch import Tensor

from attiqa_core.errors import InputError, ResourceError, one_line
from attiqa_core.files.whole import sha256, user_cache
from attiqa_core.machine.lacks import refuse_lack
from isp_env.black_box.cache import ContentCache, Kept
from isp_env.black_box.description import BlackBox
from isp_env.black_box.pictures import Pixels, read_pixels, to_unit
from isp_env.black_box.placeholders import filled
from isp_env.black_box.processes import Ended, Processes
from isp_env.black_box.program import program_of

Picture = Float[Tensor, "3 height width"]
MOST_JOBS = 4
LEAST_FREE = 2**20  # bytes of a disk, below which it is what failed
TRIES = 2  # of a program that a signal killed: out of memory, or somebody's hand


@dataclass(frozen=True)
class Request:
    """A picture that is asked for: of which raw, under which values; parameters that are not named are at their defaults."""

    raw: Path
    values: Mapping[str, float]


@dataclass(frozen=True)
class Failure:
    """A picture that there is none of, and a sentence that says why."""

    raw: Path
    why: str


class View(Protocol):
    """What is kept of a picture; `key` tells it from every other view."""

    @property
    def key(self) -> str: ...

    def of(self, pixels: Pixels) -> Kept:
        """Return arrays by name. Raises: InputError, "its picture ...", for one that cannot be right."""
        ...


class Whole:
    """All of it."""

    key = "whole"

    def of(self, pixels: Pixels) -> Kept:
        return {"picture": pixels}


class CommandIsp:
    """A program that makes pictures; `made` counts those it was run for, `found` those that were kept already.

    A picture is known by the raw's content, the texts of its parameters, the description, and the program itself.
    """

    def __init__(self, black_box: BlackBox, cache_folder: Path | None = None, jobs: int | None = None):
        """`cache_folder`: the user's cache without it; `jobs`: programs that run at once, as many as processors, 4 at most.

        Raises: InputError if there is no such program, or it does not say its version.
        """
        self.black_box = black_box
        self.jobs = jobs or min(MOST_JOBS, os.cpu_count() or 1)
        self.cache = ContentCache(cache_folder or user_cache() / "black-boxes" / black_box.name)
        self.made = self.found = 0
        self._count = threading.Lock()
        self._of_a_run = {"here": black_box.here, "python": sys.executable}
        self.program = program_of(black_box, self._of_a_run)
        self._hashes: dict[tuple[Path, int, int], str] = {}

    def pictures(self, requests: Sequence[Request]) -> list[Picture | Failure]:
        """Return full-size display sRGB in [0, 1], or a failure, for each request, in order."""
        answers = self.views([(request, Whole()) for request in requests])
        return [each if isinstance(each, Failure) else to_unit(each["picture"]) for each in answers]

    def views(self, asked: Sequence[tuple[Request, View]]) -> list[Kept | Failure]:
        """Return what the views keep of each picture, or a failure, in order. Ctrl-C ends the programs that run."""
        processes = Processes()
        with ThreadPoolExecutor(self.jobs) as threads:
            futures = [threads.submit(self._answer, request, view, processes) for request, view in asked]
            try:
                return [future.result() for future in futures]
            except BaseException:
                for future in futures:
                    future.cancel()
                processes.stop()
                raise

    def _answer(self, request: Request, view: View, processes: Processes) -> Kept | Failure:
        try:
            raw = Path(request.raw).resolve()
            texts = self.black_box.texts(request.values)
            key = ContentCache.key(
                {
                    "raw": self._hash(raw),
                    "values": texts,
                    "black_box": self.black_box.sha256,
                    "program": self.program,
                    "view": view.key,
                }
            )
            if (kept := self.cache.find(key)) is not None:
                return self._counted(kept, found=True)
            with self.cache.making(key, lambda: processes.stopped):
                if (kept := self.cache.find(key)) is not None:
                    return self._counted(kept, found=True)
                kept = view.of(self._make(raw, texts, processes))
                self.cache.keep(key, kept, {"raw": one_line(raw.name), "view": view.key, **texts})
                return self._counted(kept, found=False)
        except OSError as error:
            refuse_lack(error, Path(tempfile.gettempdir()))
            raise
        except InputError as error:
            return Failure(request.raw, one_line(f"{request.raw}: {self.black_box.name}: {error}"))

    def _counted(self, kept: Kept, *, found: bool) -> Kept:
        with self._count:
            self.found += found
            self.made += not found
        return kept

    def _make(self, raw: Path, texts: Mapping[str, str], processes: Processes) -> Pixels:
        """The program's picture. Raises: InputError saying what it did instead; ResourceError if the disk is full: the setting is
        not to blame, and must not be seen as black."""
        ended = Ended(None, "")
        for _ in range(TRIES):
            with tempfile.TemporaryDirectory(prefix="attiqa-black-box-", ignore_cleanup_errors=True) as name:
                folder = Path(name)
                ended = self._run(raw, texts, folder, processes)
                try:
                    if ended.code == 0:
                        return read_pixels(folder / f"picture{self.black_box.suffix}", self.black_box.bits)
                except InputError as error:
                    _refuse_full(folder)
                    raise InputError(f"{error}{_saying(ended)}") from error
                _refuse_full(folder)
            if ended.code is None or ended.code > 0:
                break
        if ended.code is None:
            why = "was stopped" if processes.stopped else f"had not ended after {self.black_box.timeout_s:g} s"
            raise InputError(f"{why}{_saying(ended)}")
        how = f"ended with {ended.code}" if ended.code > 0 else f"was killed by signal {-ended.code}, {TRIES} times"
        raise InputError(f"{how}{_saying(ended)}")

    def _run(self, raw: Path, texts: Mapping[str, str], folder: Path, processes: Processes) -> Ended:
        """Run it once. It is given a link to the raw: what lies beside the raw is not seen, and nothing is written there."""
        box = self.black_box
        link, inner, beside = folder / f"raw{raw.suffix}", folder / "folder", folder / "sidecar"
        link.symlink_to(raw)
        inner.mkdir()
        beside.mkdir()  # of the sidecar's own: whatever it is called, it is written over nothing
        values = {**self._of_a_run, **texts, "raw": str(link), "folder": str(inner)}
        values["out"] = str(folder / f"picture{box.suffix}")
        if box.sidecar is not None:
            values["sidecar"] = str(beside / box.sidecar.name)
            Path(values["sidecar"]).write_text(filled(box.sidecar.text, values), encoding="utf-8")
        words = [filled(word, values) for word in box.command]
        try:
            return processes.run(words, folder, box.timeout_s, box.memory_mb, dict(box.environment))
        except OSError as error:
            refuse_lack(error, Path(tempfile.gettempdir()))
            raise InputError(f"{words[0]}: cannot be started ({error.strerror or error})") from error

    def _hash(self, raw: Path) -> str:
        try:
            known = raw.stat()
            about = (raw, known.st_size, known.st_mtime_ns)
            if about not in self._hashes:
                self._hashes[about] = sha256(raw)
        except OSError as error:
            refuse_lack(error, raw)
            raise InputError(f"cannot read the raw ({error.strerror or error})") from error
        return self._hashes[about]


def _refuse_full(folder: Path) -> None:
    if folder.exists() and shutil.disk_usage(folder).free < LEAST_FREE:
        raise _full(folder.parent)


def _full(folder: Path) -> ResourceError:
    return ResourceError(f"{folder}: the disk is full, where programs work; free some space, or set TMPDIR, and go on")


def _saying(ended: Ended) -> str:
    return f": {ended.said}" if ended.said else ""
