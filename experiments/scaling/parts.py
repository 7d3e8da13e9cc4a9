"""A command's work in parts, a process each (--shard i/n), and what joins them: `attiqa merge`."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from filelock import Timeout

from attiqa_core.runs.leftovers import remove_leftovers
from attiqa_core.runs.lock import PRIVATE, in_turn, only_run_in
from attiqa_core.runs.progress import progress
from attiqa_core.shards.commit import uncommitted
from attiqa_core.shards.manifest import Manifest, Shard, in_part
from experiments.options.outcome import Outcome, count, say
from experiments.scaling import record
from experiments.scaling.work import ShardedWork
from experiments.scaling.works import work_of

WAIT_S = 1.0
"""How long a worker waits for another one without a word."""


def run_part(verb: str, config: Any, folder: Path) -> Outcome:
    """Make the shards of `config.scaling.part` that are not there yet; `folder` is the run's, which all workers share.

    Whoever comes first plans, the others wait. A worker that was killed is started again by the same command.
    Raises: UsageError if the same part is being worked on, the run as a whole is, or was begun with other options.
    """
    index, of = config.scaling.part
    with contextlib.ExitStack() as held:
        with _planning(folder):  # also so that no two parts look at the whole run's lock at once
            held.enter_context(only_run_in(folder, verb, part=f"{index}-of-{of}"))
            work, manifest = begin(verb, config, folder)
        mine = list(in_part(manifest.shards(), (index, of)))
        waiting = uncommitted(mine)
        failures = make(work, waiting, sum(shard.count for shard in mine), verb)
    return Outcome(folder, f"part {index}/{of}: {_done(manifest, folder, mine, waiting)}", failures)


def begin(verb: str, config: Any, folder: Path) -> tuple[ShardedWork, Manifest]:
    """Return the work of a command's options and its manifest, planned if nobody did; call it alone in the folder.

    Raises: UsageError if the folder was begun with other options.
    """
    work = work_of(verb, config)
    record.check(folder, verb, config, work.free)
    manifest = work.plan()
    if not (folder / record.FILE).exists():
        record.write(folder, verb, config)
    return work, manifest


def make(work: ShardedWork, shards: Sequence[Shard], total: int, verb: str) -> tuple[str, ...]:
    """Make shards in this process, with progress over `total` items; return why items failed. Nothing is loaded for none."""
    failures: list[str] = []
    if not shards:
        return ()
    make_one = work.worker()
    done = total - sum(shard.count for shard in shards)
    with progress(total=total, label=verb, unit="item", done=done) as bar:
        for shard in shards:
            failures += make_one(shard).errors.values()
            bar.update(shard.count)
    return tuple(failures)


def merge(folder: Path) -> Outcome:
    """Prove that the shards of a run cover everything exactly once, and write its result: the same bytes as one process.

    Raises: InputError if there is no run in shards, or for the first shard that is missing or was changed; UsageError if
    a worker is still there.
    """
    verb, config = record.read(folder)
    with only_run_in(folder, verb):
        remove_leftovers(folder)  # of workers that were killed
        return work_of(verb, config).merge()


def _done(manifest: Manifest, folder: Path, mine: Sequence[Shard], made: Sequence[Shard]) -> str:
    there = len(mine) - len(made)
    said = f"{count(len(made), 'shard')} made" + (f", {there:,} there before" if there else "")
    shards = manifest.shards()
    if missing := len(uncommitted(shards)):
        return f"{said}; {missing:,} of all {len(shards):,} are still to be made"
    return f"{said}; all {count(len(shards), 'shard')} are there: run `attiqa merge {folder}`"


@contextlib.contextmanager
def _planning(folder: Path) -> Iterator[None]:
    """A context that one worker of a folder is in at a time; the others wait."""
    lock = folder / PRIVATE / "of-planning"
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(in_turn(lock, WAIT_S))
        except Timeout:
            say(f"{folder}: waits for the worker that lists what is to be done")
            held.enter_context(in_turn(lock))
        yield
