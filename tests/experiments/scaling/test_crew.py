"""Who makes which shard, with workers that are lost as a script says."""

from collections import deque
from collections.abc import Callable, Sequence

import pytest

from attiqa_core.errors import InputError, ResourceError
from attiqa_core.shards.manifest import Shard, plan
from experiments.scaling import crew
from experiments.scaling.crew import Lost, Made, Ready, Report, Spread, named, spread


class Scripted:
    """A crew in which `fate(worker, shard)` says how a worker gets on with a shard (None: with beginning)."""

    def __init__(self, fate: Callable[[int, int | None], str] = lambda worker, shard: "made"):
        self.fate, self.hired, self.happened = fate, 0, deque[Report | Exception]()
        self.given: list[tuple[int, int]] = []

    def hire(self) -> int:
        self.hired += 1
        self._happen(self.hired - 1, None)
        return self.hired - 1

    def give(self, worker: int, shard: Shard) -> None:
        self.given.append((worker, shard.index))
        self._happen(worker, shard.index)

    def _happen(self, worker: int, shard: int | None) -> None:
        match self.fate(worker, shard):
            case "made":
                self.happened.append(Ready(worker) if shard is None else Made(worker))
            case "lost":
                self.happened.append(Lost(worker, "killed"))
            case "bad":
                self.happened.append(InputError("x.jpg: cannot be read"))

    def reports(self, timeout_s: float) -> Sequence[Report]:
        if not self.happened:
            return []
        happened = self.happened.popleft()
        if isinstance(happened, Exception):
            raise happened
        return [happened]


@pytest.fixture
def shards(tmp_path) -> list[Shard]:
    return plan(tmp_path, ([f"{i}.jpg"] for i in range(10)), {}, shard_size=2).shards()


def spread_over(staff: Scripted, shards: Sequence[Shard], workers: int = 2, **clock) -> tuple[Spread, list[int]]:
    seen: list[int] = []
    return spread(staff, shards, workers, lambda items, there: seen.append(items), **clock), seen


def test_every_shard_is_given_once_and_counted(shards):
    found, seen = spread_over(staff := Scripted(), shards)
    assert sorted(index for _, index in staff.given) == [0, 1, 2, 3, 4]
    assert sum(seen) == 10 and found == Spread()


def test_no_more_workers_are_hired_than_there_are_shards(shards):
    spread_over(staff := Scripted(), shards[:2], workers=9)
    assert staff.hired == 2


def test_the_shard_of_a_lost_worker_is_made_by_another_one(shards):
    found, seen = spread_over(
        staff := Scripted(lambda worker, shard: "lost" if (worker, shard) == (0, 0) else "made"), shards
    )
    assert next(worker for worker, index in staff.given if index == 0) == 0
    assert len([worker for worker, index in staff.given if index == 0]) == 2
    assert sum(seen) == 10 and found.lost == 1 and not found.given_up


def test_a_worker_that_was_lost_is_given_nothing_more(shards):
    spread_over(
        staff := Scripted(lambda worker, shard: "lost" if worker == 0 and shard is not None else "made"), shards
    )
    assert [worker for worker, _ in staff.given].count(0) == 1


def test_a_shard_that_costs_every_worker_is_given_up_and_the_rest_is_made(shards):
    found, seen = spread_over(staff := Scripted(lambda worker, shard: "lost" if shard == 3 else "made"), shards)
    assert [index for _, index in staff.given].count(3) == crew.TRIES == found.lost
    assert {shard.index: why for shard, why in found.given_up.items()} == {3: "killed"}
    assert sum(seen) == 8


def test_two_bad_shards_are_both_given_up_by_one_worker_at_a_time(shards):
    found, seen = spread_over(Scripted(lambda worker, shard: "lost" if shard in (0, 4) else "made"), shards, workers=1)
    assert sorted(shard.index for shard in found.given_up) == [0, 4] and sum(seen) == 6


def test_workers_that_never_begin_end_the_run_after_a_few(shards):
    staff = Scripted(lambda worker, shard: "lost")
    with pytest.raises(ResourceError, match=r"3 workers in a row were lost before they could begin \(killed\)"):
        spread_over(staff, shards, workers=1)
    assert staff.hired == crew.TRIES


def test_losses_before_beginning_count_in_a_row_only(shards):
    found, _ = spread_over(
        Scripted(lambda worker, shard: "lost" if shard is None and worker % 2 else "made"), shards, workers=4
    )
    assert not found.given_up


def test_an_error_of_a_worker_is_the_commands(shards):
    with pytest.raises(InputError, match=r"x\.jpg"):
        spread_over(Scripted(lambda worker, shard: "bad" if shard == 2 else "made"), shards)


def test_nobody_waits_for_ever_for_the_first_worker(shards):
    clock = iter(range(0, 10_000, 60))
    with pytest.raises(ResourceError, match="no worker could be started in 300 s"):
        spread_over(Scripted(lambda worker, shard: "pending"), shards, clock=lambda: float(next(clock)))


def test_a_long_shard_is_not_mistaken_for_a_missing_worker(shards):
    """A shard of hours: reports come empty, the clock runs on, and the one at work is waited for."""
    staff, clock = Scripted(lambda worker, shard: "made" if shard is None else "at work"), iter(range(0, 6_000, 60))
    with pytest.raises(StopIteration):  # the clock's end, after 100 minutes, not the ResourceError
        spread_over(staff, shards, clock=lambda: float(next(clock)))


def test_a_shard_is_named_with_its_first_items(shards):
    assert named(shards[1]) == "shard 000001 (2.jpg, 3.jpg)"
