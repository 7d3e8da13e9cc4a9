"""Scoring many files: each picture by itself, on one core, while the other cores do the same with the next ones."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import torch

from attiqa_core.errors import InputError
from attiqa_core.judges.judge import Judge
from attiqa_core.machine.lacks import is_of_memory
from attiqa_core.machine.shrinking import release
from attiqa_core.photos.images import Picture, read_picture
from attiqa_core.remote.address import as_written


@dataclass(frozen=True)
class ScoredFile:
    """One file's score, about [0, 1], its MOS on the data set's scale, its attributes, and what other judges score it."""

    path: Path
    score: float
    mos: float
    attributes: tuple[float, ...]
    others: tuple[float, ...] = ()


@dataclass(frozen=True)
class UnreadableFile:
    """A file that could not be decoded, and the sentence that says why."""

    path: Path
    reason: str


def score_files(
    scorer: Judge,
    paths: Iterable[Path],
    *,
    others: Sequence[Judge] = (),
    workers: int | None = None,
    look: Callable[[Path, Picture], object] | None = None,
) -> Iterator[ScoredFile | UnreadableFile]:
    """Yield each file's result in the order given; at most two pictures a worker are in memory.

    A worker decodes and scores whole pictures on one thread, which wastes nothing on joining threads after every small
    convolution, and hides the decoding. No score depends on the other files, the other judges or the number of workers.
    `others` score the same decoded picture. `look`, if given, is called with it, on the worker's thread.
    """
    threads = torch.get_num_threads()
    workers = threads if workers is None else workers
    waiting: deque[tuple[Path, Future[ScoredFile | UnreadableFile]]] = deque()

    pool = ThreadPoolExecutor(workers, "score", initializer=torch.set_num_threads, initargs=(1,))

    def submit(path: Path) -> Future[ScoredFile | UnreadableFile]:
        return pool.submit(_score_file, scorer, others, path, look)

    try:
        for path in paths:
            waiting.append((Path(path), submit(Path(path))))
            if len(waiting) > 2 * workers:
                yield _result(waiting, submit)
        while waiting:
            yield _result(waiting, submit)
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # MKL's setting is shared by all threads


def _result(
    waiting: deque[tuple[Path, Future[ScoredFile | UnreadableFile]]],
    submit: Callable[[Path], Future[ScoredFile | UnreadableFile]],
) -> ScoredFile | UnreadableFile:
    """The next one's result; what did not find the memory beside others is scored once more when it is alone."""
    path, future = waiting.popleft()
    try:
        return future.result()
    except Exception as error:
        if not is_of_memory(error):
            raise
    wait([each for _, each in waiting])
    release()
    try:
        return submit(path).result()
    except Exception as error:
        if not is_of_memory(error):
            raise
        return UnreadableFile(
            path, f"{as_written(path)}: not enough memory to score it, alone as well; close other programs"
        )


def _score_file(
    scorer: Judge, others: Sequence[Judge], path: Path, look: Callable[[Path, Picture], object] | None
) -> ScoredFile | UnreadableFile:
    try:
        picture = read_picture(path)
    except InputError as error:
        return UnreadableFile(path, str(error))
    try:
        with torch.inference_mode():
            scores, attributes = scorer.read(picture)
            further = tuple(float(judge.read(picture)[0][0]) for judge in others)
    except InputError as error:  # a judge that has nothing to look at in a picture of 1 x 20,000 px
        return UnreadableFile(path, f"{as_written(path)}: {error}")
    if look is not None:
        look(path, picture)
    return ScoredFile(path, float(scores[0]), float(scorer.to_mos(scores)[0]), tuple(attributes[0].tolist()), further)
