"""Work that is done in several processes and handed back in order, with one torch thread each."""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import Any, TypeVar

import torch

from attiqa_core.machine.lacks import is_of_memory

T = TypeVar("T")
Piece = tuple[Any, ...]
AHEAD = 2  # pieces under way for each worker: what they come to waits in memory for its turn


def in_order(work: Callable[..., T], pieces: Iterable[Piece], workers: int, lost: Callable[..., T]) -> Iterator[T]:
    """Yield what `work` returns for the arguments of each piece, in their order; one worker is this process itself.

    An interrupt goes to this process alone: what is under way is finished, and dropped. Workers end with this process, however
    it ends. Where a worker is ended from outside, as the system does where memory is short, what was under way is done again,
    each piece by itself; for one whose process is ended once more, `lost` says what stands in its place. What does not find
    the memory beside others is done by this process alone, and so is all after it.
    """
    if workers == 1:
        yield from _here(work, pieces)
        return
    rest = iter(pieces)
    while ahead := list(islice(rest, AHEAD * workers)):
        interrupted = yield from _until_one_is_ended(work, ahead, rest, workers)
        if interrupted and _is_short_of_memory(interrupted[0][1]):
            print("attiqa: one at a time from here on: the memory did not suffice for more", file=sys.stderr)
            yield from _here(work, chain((piece for piece, _ in interrupted), rest))
            return
        yield from _one_by_one(work, interrupted, lost)


def _until_one_is_ended(
    work: Callable[..., T], ahead: list[Piece], rest: Iterator[Piece], workers: int
) -> Generator[T, None, list[tuple[Piece, Future[T]]]]:
    """Yield results until nothing is left, a worker ends or finds no memory: return what was under way then, in order."""
    with _pool(workers) as pool:
        under_way = deque((piece, _submitted(pool, work, piece)) for piece in ahead)
        try:
            while under_way:
                try:
                    done = under_way[0][1].result()
                except BrokenProcessPool:
                    return list(under_way)
                except Exception as error:
                    if not is_of_memory(error):
                        raise
                    return list(under_way)
                under_way.popleft()
                under_way.extend((piece, _submitted(pool, work, piece)) for piece in islice(rest, 1))
                yield done
        finally:
            pool.shutdown(cancel_futures=True)
    return []


def _pool(workers: int) -> ProcessPoolExecutor:
    spawn = multiprocessing.get_context("spawn")  # a fork would inherit torch's threads in an unknown state
    return ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin_worker)


def _submitted(pool: ProcessPoolExecutor, work: Callable[..., T], piece: Piece) -> Future[T]:
    try:
        return pool.submit(work, *piece)
    except BrokenProcessPool as error:  # it broke a moment ago
        broken: Future[T] = Future()
        broken.set_exception(error)
        return broken


def _has_result(future: Future) -> bool:
    if not future.done() or future.cancelled() or isinstance(future.exception(), BrokenProcessPool):
        return False
    return not _is_short_of_memory(future)


def _is_short_of_memory(future: Future) -> bool:
    """Whether a piece was not done for want of memory, as its own process says."""
    if not future.done() or future.cancelled():
        return False
    error = future.exception()
    return isinstance(error, Exception) and not isinstance(error, BrokenProcessPool) and is_of_memory(error)


def _one_by_one(
    work: Callable[..., T], interrupted: Iterable[tuple[Piece, Future[T]]], lost: Callable[..., T]
) -> Iterator[T]:
    """Yield what comes of pieces in order: what is there, else what is made of each with no other beside it."""
    pool = _pool(1)
    try:
        for piece, before in interrupted:
            future = before if _has_result(before) else _submitted(pool, work, piece)
            try:
                yield future.result()
            except BrokenProcessPool:
                pool.shutdown()
                pool = _pool(1)
                yield lost(*piece)
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
