"""Work in processes, one of which is ended from outside, or for which the memory does not suffice."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from isp_env.contexts.scenes import Taken
from isp_env.stores.bake_recipe import BakeRecipe
from isp_env.stores.baking import Baked, Source, lost
from isp_env.stores.in_processes import in_order


def _baked(source: Source, recipe: BakeRecipe) -> Baked:
    """As `bake_one`, but that the system takes the process of one source, at every try."""
    if source.path.stem == "huge":
        os.kill(os.getpid(), signal.SIGKILL)
    return Baked(Taken(source.path.stem))


@pytest.mark.slow
def test_a_raw_that_kills_its_process_twice_is_named_and_all_others_are_baked_in_order():
    sources = [Source(place, Path(f"{name}.dng")) for place, name in enumerate(("a", "huge", "c"))]
    a, huge, c = in_order(_baked, [(source, BakeRecipe()) for source in sources], 2, lost)
    assert (a.raw.name, c.raw.name, a.failure, c.failure) == ("a", "c", None, None)
    assert huge.failure is not None and huge.failure.startswith("huge.dng: its process was ended from outside twice")


def _doubled(number: int) -> int:
    """Twice a number; of 3 only where nobody works beside."""
    if number == 3 and threading.current_thread() is not threading.main_thread():
        raise MemoryError
    return 2 * number


def _never(number: int) -> int:
    raise AssertionError(number)


def test_what_finds_no_memory_beside_others_is_done_alone_in_its_turn(monkeypatch, capsys):
    monkeypatch.setattr(
        "isp_env.stores.in_processes.ProcessPoolExecutor", lambda workers, **how: ThreadPoolExecutor(workers)
    )
    assert list(in_order(_doubled, [(number,) for number in range(8)], 2, _never)) == [2 * each for each in range(8)]
    assert "one at a time from here on" in capsys.readouterr().err
