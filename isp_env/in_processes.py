"""Work that is done in several processes and handed back in order, with one torch thread each."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

import torch

from attiqa_core.errors import InputError

T = TypeVar("T")
Piece = tuple[Any, ...]
AHEAD = 2  # pieces under way for each worker: what they come to waits in memory for its turn


def in_order(
    work: Callable[..., T], pieces: Iterable[Piece], workers: int, lost: Callable[..., T] | None = None
) -> Iterator[T]:
    """Yield what `work` returns for the arguments of each piece, in their order; one worker is this process itself.

    An interrupt goes to this process alone: what is under way is finished, and dropped. Workers end with this process, however
    it ends. Where a worker is ended from outside, as the system does where memory is short, what was under way is done again,
    each piece by itself; for one whose process is ended once more, `lost` says what stands in its place.
    Raises: InputError for such a piece where there is no `lost`.
    """
    if workers == 1:
        yield from _here(work, pieces)
        return
    rest = iter(pieces)
    while ahead := list(islice(rest, AHEAD * workers)):
        interrupted = yield from _until_one_is_ended(work, ahead, rest, workers)
        for piece, future in interrupted:
            yield future.result() if _has_result(future) else _alone(work, piece, lost)


def _until_one_is_ended(
    work: Callable[..., T], ahead: list[Piece], rest: Iterator[Piece], workers: int
) -> Generator[T, None, list[tuple[Piece, Future[T]]]]:
    """Yield results until nothing is left, or a worker ends: return what was under way then, in order."""
    with _pool(workers) as pool:
        under_way = deque((piece, _submitted(pool, work, piece)) for piece in ahead)
        try:
            while under_way:
                try:
                    done = under_way[0][1].result()
                except BrokenProcessPool:
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
    return future.done() and not future.cancelled() and not isinstance(future.exception(), BrokenProcessPool)


def _alone(work: Callable[..., T], piece: Piece, lost: Callable[..., T] | None) -> T:
    """What comes of a piece with no other beside it."""
    with _pool(1) as pool:
        try:
            return pool.submit(work, *piece).result()
        except BrokenProcessPool as error:
            if lost is not None:
                return lost(*piece)
            raise InputError(
                "a worker was ended from outside, by the system if memory is short; take fewer --workers and go on with --resume"
            ) from error


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
