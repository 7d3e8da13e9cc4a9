"""Work that is done in several processes and handed back in order, with one torch thread each."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

import torch

from attiqa_core.errors import InputError

T = TypeVar("T")
AHEAD = 2  # pieces under way for each worker: what they come to waits in memory for its turn


def in_order(work: Callable[..., T], pieces: Iterable[tuple[Any, ...]], workers: int) -> Iterator[T]:
    """Yield what `work` returns for the arguments of each piece, in their order; one worker is this process itself.

    An interrupt goes to this process alone: what is under way is finished, and dropped. Workers end with this process, however
    it ends.
    Raises: InputError if a worker was ended from outside, as the system does where memory is short.
    """
    if workers == 1:
        yield from _here(work, pieces)
        return
    spawn = multiprocessing.get_context("spawn")  # a fork would inherit torch's threads in an unknown state
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin_worker) as pool:
        rest = iter(pieces)
        under_way: deque[Future[T]] = deque(pool.submit(work, *piece) for piece in islice(rest, AHEAD * workers))
        try:
            while under_way:
                done = under_way.popleft().result()
                under_way.extend(pool.submit(work, *piece) for piece in islice(rest, 1))
                yield done
        except BrokenProcessPool as error:
            raise InputError(
                "a worker was ended from outside, by the system if memory is short; take fewer --workers and go on with --resume"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


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
