"""What surrounds a command's work: its folders are its own, what a killed run left is gone, and how it stands is kept."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError, UsageError
from attiqa_core.runs.leftovers import remove_leftovers
from attiqa_core.runs.lock import PRIVATE, holds_no_work, is_unused, refuse_busy
from attiqa_core.runs.state import begin_state, differences, end_state, forget_state, state_of, write_state
from experiments.options.outcome import say
from experiments.running.written_places import folders_of_runs, to_itself, writes

DESCRIBING_A_RUN = {"config.toml", "meta.json", "splits.json", PRIVATE}  # what is written before any work


def refuse_busy_places(verb: str, config: Any) -> None:
    """Raises: UsageError if a run is at work in a folder of the command's: before anything else is said about it."""
    for folder in folders_of_runs(verb, config) if writes(verb) else ():
        with contextlib.suppress(OSError):  # a file in the way, or no permission: the command's own check says so
            refuse_busy(folder, verb)


@contextlib.contextmanager
def begun(verb: str, config: Any) -> Iterator[None]:
    """A context in which a command does its work.

    What it writes is its own; files that a killed one left half written are removed; how it stands is kept for the next
    one. Where it fails with nothing done, a folder that it made is removed, which would block the mended command.
    """
    out = getattr(config, "out", None)
    with to_itself(verb, config) as folders, leaving_no_unused_folder(out):
        for folder in folders:
            if removed := remove_leftovers(folder):
                say(f"{folder}: {removed} half-written files of a run that was killed are removed")
        with _kept_state(verb, config, out if out in folders else None):
            yield


@contextlib.contextmanager
def _kept_state(verb: str, config: Any, out: Path | None) -> Iterator[None]:
    """A context that leaves in a run's folder how it stands; what only refuses leaves a finished run a finished one."""
    if out is None or not hasattr(config, "resume"):
        yield
        return
    foreign = not is_unused(out) and state_of(out) is None
    before, now = state_of(out), begin_state(out, verb)
    if before is not None and (note := differences(out, before, now)):
        say(note)
    try:
        yield
    except (UsageError, InputError):
        if before is not None and before.ended:
            write_state(out, before)
        elif foreign:  # somebody's folder, which the command refused
            forget_state(out)
        raise
    end_state(out, now)


@contextlib.contextmanager
def leaving_no_unused_folder(out: Path | None) -> Iterator[None]:
    """A context whose failure removes a run folder that it made and did nothing in, which would block the mended command."""
    fresh = out is not None and (not out.exists() or (out.is_dir() and is_unused(out)))
    try:
        yield
    except BaseException:
        if fresh and out is not None and out.is_dir() and _is_described_only(out):
            for path in out.iterdir():
                if path.name != PRIVATE:  # goes with its lock
                    path.unlink()
            with contextlib.suppress(OSError):
                out.rmdir()
        raise


def _is_described_only(out: Path) -> bool:
    return {path.name for path in out.iterdir()} <= DESCRIBING_A_RUN and holds_no_work(out)
