"""Threads that work through a list and tell the main thread: ends, troubles, errors."""

import threading

import pytest

from experiments.fivek.download.server import Trouble
from experiments.fivek.download.workers import MOST_FAILURES, Failed, Finished, GaveUp, Moved, work


def test_every_job_is_done_once_and_what_it_tells_comes_before_its_end():
    def double(job, reports):
        reports.moved(job)
        return 2 * job

    events = list(work(range(20), double, connections=4))
    assert sorted(event.result for event in events if isinstance(event, Finished)) == list(range(0, 40, 2))
    assert sum(event.bytes for event in events if isinstance(event, Moved)) == sum(range(20))


def test_trouble_is_the_failure_of_one_job():
    def odd_ones_fail(job, reports):
        if job % 2:
            raise Trouble(f"job {job}")
        return job

    events = list(work(range(6), odd_ones_fail, connections=2))
    assert sorted(event.reason for event in events if isinstance(event, Failed)) == ["job 1", "job 3", "job 5"]
    assert len(events) == 6


def test_after_many_failures_in_a_row_the_rest_is_left():
    def fail(job, reports):
        raise Trouble("no")

    events = list(work(range(500), fail, connections=1))
    assert [type(event) for event in events] == [Failed] * MOST_FAILURES + [GaveUp]
    assert events[-1].left == 500 - MOST_FAILURES and f"{500 - MOST_FAILURES} more were not tried" in events[-1].reason


def test_any_other_error_ends_the_whole_and_is_raised_here():
    def full(job, reports):
        raise OSError(28, "No space left on device", "file")

    with pytest.raises(OSError, match="No space left"):
        list(work(range(5), full, connections=2))


def test_closing_stops_whoever_waits():
    waiting = threading.Event()

    def wait_for_long(job, reports):
        reports.moved(1)
        waiting.set()
        reports.wait(1000)

    events = work(range(5), wait_for_long, connections=2)
    next(events)
    waiting.wait(5)
    events.close()
    assert not [thread for thread in threading.enumerate() if "run" in thread.name]
