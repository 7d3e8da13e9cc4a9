"""Photos for training: decoded once into a stated budget of memory, cropped ahead of the network by threads."""

import os
import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import overload

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.photos.images import Picture, crop_at, read_picture, resize_short_edge
from attiqa_core.photos.sources import Photo, read_photo

DEFAULT_BUDGET = 4 * 2**30  # bytes
CENTRE = (0.49999997, 0.49999997, 0.5)  # just below a half: an odd spare pixel goes below and to the right
AHEAD = 3  # batches being cropped while the network works on one

Crops = UInt8[Tensor, "batch 3 size size"]


class PictureCache(Sequence[Picture]):
    """Photos by index, 8-bit, shorter edge at `short_edge` px, read when first asked for.

    What fits `budget_bytes` stays in memory; the rest is decoded whenever it is asked for. Nothing is ever thrown out:
    when every photo is wanted once an epoch, one part in memory is as good as another. Safe to use from threads.

    Where a photo cannot be read, the next readable one among `substitutes` (rising numbers) stands in: `stand_ins` says
    which, `failures` why. Without substitutes, reading raises InputError.
    """

    def __init__(
        self,
        photos: Sequence[Photo | Path],
        short_edge: int,
        budget_bytes: int = DEFAULT_BUDGET,
        *,
        substitutes: Sequence[int] = (),
    ):
        self.photos, self.short_edge, self.budget_bytes, self.substitutes = (
            photos,
            short_edge,
            budget_bytes,
            substitutes,
        )
        self.held_bytes = 0
        self.stand_ins: dict[int, int] = {}
        self.failures: dict[int, str] = {}
        self._held: dict[int, Picture] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.photos)

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Picture]: ...
    def __getitem__(self, index: int | slice) -> Picture | Sequence[Picture]:
        if isinstance(index, slice):
            return [self[each] for each in range(len(self))[index]]
        index = range(len(self))[index]
        return self._readable(index) if self.substitutes else self._picture(index)

    def _picture(self, index: int) -> Picture:
        held = self._held.get(index)
        if held is not None:
            return held
        photo = self.photos[index]
        decoded = read_photo(photo) if isinstance(photo, Photo) else read_picture(photo)
        picture = resize_short_edge(decoded, self.short_edge)
        with self._lock:
            if index not in self._held and self.held_bytes + picture.nbytes <= self.budget_bytes:
                self._held[index] = picture
                self.held_bytes += picture.nbytes
        return picture

    def _readable(self, index: int) -> Picture:
        """The photo, or the first substitute after it (the last is followed by the first) that can be read."""
        after = bisect_right(self.substitutes, index)
        for place in chain([index], self.substitutes[after:], self.substitutes[:after]):
            if place in self.failures:
                continue
            try:
                picture = self._picture(place)
            except InputError as error:
                self.failures[place] = str(error)
                continue
            if place != index:
                self.stand_ins[index] = place
            return picture
        raise InputError(f"none of {len(self.substitutes)} photos can be read; the first: {self.failures[index]}")


@dataclass(frozen=True)
class CropPlan:
    """One batch to be: which pictures, and where each crop lies: its place down and right and whether it is mirrored,
    each a number in [0, 1)."""

    indices: Int[Tensor, " batch"]
    places: Float[Tensor, "batch 3"]
    seed: int = 0
    """Of whatever else is drawn for this batch."""


@dataclass
class _Batch:
    plan: CropPlan
    crops: Crops
    jobs: list[Future] = field(default_factory=list)


def random_places(count: int, generator: torch.Generator, flip: bool = True) -> Float[Tensor, "batch 3"]:
    """Return random places for `count` crops, half of them mirrored; without `flip` the same places, none mirrored."""
    places = torch.rand(count, 3, generator=generator)
    if not flip:
        places[:, 2] = CENTRE[2]
    return places


def crops_ahead(
    pictures: Sequence[Picture],
    plans: Iterable[CropPlan],
    size: int,
    *,
    device: torch.device,
    threads: int | None = None,
) -> Iterator[Crops]:
    """Yield the crops of each plan, in order, on `device`; threads read and crop the next batches meanwhile.

    The result does not depend on the threads: all chance lies in the plans, which are drawn in order.
    Raises: InputError of the first picture that cannot be read, in its batch's turn.
    """
    threads = threads or min(16, os.cpu_count() or 1)
    waiting: deque[_Batch] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="crops") as pool:
        try:
            for plan in plans:
                waiting.append(_begin(pool, threads, pictures, plan, size, pinned=device.type == "cuda"))
                if len(waiting) > AHEAD:
                    yield _finish(waiting.popleft(), device)
            while waiting:
                yield _finish(waiting.popleft(), device)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _begin(
    pool: ThreadPoolExecutor, threads: int, pictures: Sequence[Picture], plan: CropPlan, size: int, pinned: bool
) -> _Batch:
    crops = torch.empty(len(plan.indices), 3, size, size, dtype=torch.uint8, pin_memory=pinned)
    indices, places = plan.indices.tolist(), plan.places.tolist()

    def fill(rows: range) -> None:
        for row in rows:
            crops[row] = crop_at(pictures[indices[row]], size, *places[row])

    share = -(-len(indices) // threads)
    rows = [range(start, min(start + share, len(indices))) for start in range(0, len(indices), share)]
    return _Batch(plan, crops, [pool.submit(fill, each) for each in rows])


def _finish(batch: _Batch, device: torch.device) -> Crops:
    for job in batch.jobs:
        job.result()
    return batch.crops.to(device, non_blocking=True)
