"""Shards given out one by one to workers that may be lost: who gets which, again how often, and what is given up."""

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from attiqa_core.errors import ResourceError, first_of
from attiqa_core.shards.manifest import Shard

TRIES = 3
"""How many workers a shard may cost before it is given up, and how many in a row may be lost before they begin."""

START_S = 300.0
"""How long no worker at all may be there: a cluster may have to start machines first, but nobody waits for ever."""


@dataclass(frozen=True)
class Ready:
    """A worker has loaded what it needs and waits for a shard."""

    worker: int


@dataclass(frozen=True)
class Made:
    """A worker has committed the shard it was given, and waits for another."""

    worker: int


@dataclass(frozen=True)
class Lost:
    """A worker is gone, with its process or its machine, whatever it was doing."""

    worker: int
    why: str


Report = Ready | Made | Lost


class Crew(Protocol):
    """Workers somewhere. An error that a worker raises is raised by `reports`: it would have ended one process as well."""

    def hire(self) -> int:
        """Ask for a worker, which reports when it is ready, and return its number."""
        ...

    def give(self, worker: int, shard: Shard) -> None:
        """Have a waiting worker make and commit a shard."""
        ...

    def reports(self, timeout_s: float) -> Sequence[Report]:
        """Return what happened since the last call, after `timeout_s` at the latest."""
        ...


@dataclass
class Spread:
    """What became of shards that were given out: how many workers were lost, and which shards were given up, and why."""

    lost: int = 0
    given_up: dict[Shard, str] = field(default_factory=dict)


def spread(
    crew: Crew,
    shards: Sequence[Shard],
    workers: int,
    on_progress: Callable[[int, int], None],
    clock: Callable[[], float] = time.monotonic,
) -> Spread:
    """Have `workers` workers make all shards, and return what became of them.

    The shard of a lost worker goes to another one, after all others; one that cost `TRIES` workers is given up.
    `on_progress` is called with the items of each shard that is made and the workers that there are.
    Raises: ResourceError if no worker comes to work; whatever error a worker raises.
    """
    found, tries = Spread(), Counter[int]()
    waiting, at_work = deque(shards), dict[int, Shard]()
    idle: set[int] = set()
    coming = {crew.hire() for _ in range(min(workers, len(waiting)))}
    in_a_row, since = 0, clock()
    while waiting or at_work:
        for report in crew.reports(timeout_s=1.0):
            match report:
                case Ready(worker):
                    coming.discard(worker)
                    idle.add(worker)
                    in_a_row = 0
                case Made(worker):
                    idle.add(worker)
                    on_progress(at_work.pop(worker).count, len(at_work) + len(idle))
                case Lost(worker, why):
                    found.lost += 1
                    idle.discard(worker)
                    in_a_row += worker in coming
                    coming.discard(worker)
                    if (shard := at_work.pop(worker, None)) is not None:
                        tries[shard.index] += 1
                        if tries[shard.index] < TRIES:
                            waiting.append(shard)
                        else:
                            found.given_up[shard] = why
                    _check_begins(in_a_row, why)
        while waiting and idle:
            shard = waiting.popleft()
            at_work[worker := idle.pop()] = shard
            crew.give(worker, shard)
        while len(coming) + len(at_work) + len(idle) < min(workers, len(waiting) + len(at_work)):
            coming.add(crew.hire())
        since = clock() if at_work or not waiting else since
        _check_there(clock() - since)
    return found


def _check_begins(in_a_row: int, why: str) -> None:
    if in_a_row >= TRIES:
        raise ResourceError(
            f"{TRIES} workers in a row were lost before they could begin ({why}); give each more memory, or fewer "
            "--ray-actors"
        )


def _check_there(without_s: float) -> None:
    if without_s > START_S:
        raise ResourceError(
            f"no worker could be started in {START_S:.0f} s; the cluster has not enough free processors, GPUs or memory: "
            "see `ray status`, or give fewer --ray-actors or less --ray-memory-gb"
        )


def named(shard: Shard) -> str:
    """Return a shard as a sentence has it, with the first items in it."""
    return f"shard {shard.index:06d} ({first_of([item[0] for item in shard.items()])})"
