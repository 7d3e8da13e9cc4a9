"""Many raws at once: as many whole pictures in flight as asked for, and those too large for that one by one after them."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path, PurePath

from experiments.rendering.inputs import Source
from experiments.rendering.one_picture import SMALL_TILE, Made, Making, make_picture

MOST_JOBS = 4
"""By default: each holds a raw and a picture, half a gigabyte at 60 MP."""


def usual_jobs() -> int:
    """Return how many pictures are made at once unless somebody says so."""
    return max(2, min(MOST_JOBS, os.cpu_count() or 1))


def make_pictures(
    making: Making,
    sources: Iterable[Source],
    places: dict[Path, PurePath],
    report: Callable[[Made], None],
    jobs: int,
) -> None:
    """Call `report` with what became of each raw, in this thread, as they are finished.

    A raw for which the memory did not suffice is tried again when it is alone, in small tiles.
    Ended by an exception, such as KeyboardInterrupt, it lets pictures that are being rendered be finished and reports them first.
    """
    too_large: list[Source] = []

    def told(made: Made) -> None:
        if made.state == "too large":
            too_large.append(made.source)
        elif made.state != "stopped":
            report(made)

    _in_flight(lambda source: make_picture(making, source, places[source.path]), sources, told, making, jobs)
    for source in too_large:
        made = make_picture(making, source, places[source.path], tile=SMALL_TILE)
        report(made if made.state != "too large" else _given_up(made))


def _in_flight(
    make: Callable[[Source], Made], sources: Iterable[Source], told: Callable[[Made], None], making: Making, jobs: int
) -> None:
    running: set[Future[Made]] = set()
    pool = ThreadPoolExecutor(jobs)
    try:
        for source in sources:
            running.add(pool.submit(make, source))
            if len(running) > jobs:  # one waits, so that no thread does
                running = _tell_of_finished(running, told)
        while running:
            running = _tell_of_finished(running, told)
    except BaseException:
        making.stopping.set()
        pool.shutdown(wait=True, cancel_futures=True)
        for each in running:
            if each.done() and not each.cancelled() and each.exception() is None:
                told(each.result())
        raise
    pool.shutdown()


def _tell_of_finished(running: set[Future[Made]], told: Callable[[Made], None]) -> set[Future[Made]]:
    """Wait for one, tell of all that are finished, and return the others."""
    finished, others = wait(running, return_when=FIRST_COMPLETED)
    for each in finished:
        told(each.result())
    return others


def _given_up(made: Made) -> Made:
    return Made(made.source, "failed", f"{made.why}, alone and in small tiles as well; close other programs")
