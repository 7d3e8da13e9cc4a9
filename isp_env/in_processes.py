"""Work that is done in several processes and handed back in order, with one torch thread each."""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import Any, TypeVar

import torch

from attiqa_core.errors import InputError
from attiqa_core.machine.lacks import is_of_memory

T = TypeVar("T")
AHEAD = 2  # pieces under way for each worker: what they come to waits in memory for its turn


def in_order(work: Callable[..., T], pieces: Iterable[tuple[Any, ...]], workers: int) -> Iterator[T]:
    """Yield what `work` returns for the arguments of each piece, in their order; one worker is this process itself.

    An interrupt goes to this process alone: what is under way is finished, and dropped. Workers end with this process, however
    it ends.
    What does not find the memory beside others is done by this process alone, and so is all after it.
    Raises: InputError if a worker was ended from outside, as the system does where memory is short.
    """
    if workers == 1:
        yield from _here(work, pieces)
        return
    spawn = multiprocessing.get_context("spawn")  # a fork would inherit torch's threads in an unknown state
    rest = iter(pieces)
    alone: deque[tuple[Any, ...]] = deque()
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin_worker) as pool:
        under_way = deque((piece, pool.submit(work, *piece)) for piece in islice(rest, AHEAD * workers))
        try:
            while under_way:
                piece, future = under_way.popleft()
                try:
                    done = future.result()
                except Exception as error:
                    if not is_of_memory(error):
                        raise
                    alone.extend((piece, *(each for each, _ in under_way)))
                    break
                under_way.extend((each, pool.submit(work, *each)) for each in islice(rest, 1))
                yield done
        except BrokenProcessPool as error:
            raise InputError(
                "a worker was ended from outside, by the system if memory is short; take fewer --workers and go on with --resume"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)
    if alone:
        print("attiqa: one at a time from here on: the memory did not suffice for more", file=sys.stderr)
        yield from _here(work, chain(alone, rest))


def _here(work: Callable[..., T], pieces: Iterable[tuple[Any, ...]]) -> Iterator[T]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for piece in pieces:
            yield work(*piece)
    finally:
        torch.set_num_threads(before)


def _begin_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
