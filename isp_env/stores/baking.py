"""Making a store: each raw decoded once for all of its contexts, in processes of their own, kept raw after raw.

The contexts of a raw are appended to the file, and then its line to the index: a process that is killed at any moment leaves
whole lines, and whoever goes on cuts off what no line speaks of. The bytes depend on recipe and raws alone.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError
from attiqa_core.files.whole import sha256, write_json
from attiqa_core.photos.decode import read_rgb
from attiqa_core.remote.address import as_written
from isp_env.contexts.scenes import Taken, find_scenes, split_scenes, taken
from isp_env.contexts.variations import Variation, draw_variation, is_chosen
from isp_env.contexts.varying import photographed, vary
from isp_env.raw import RawFrame
from isp_env.raw_io.loading import read_frame
from isp_env.stores.bake_recipe import BakeRecipe
from isp_env.stores.frames import to_block
from isp_env.stores.in_processes import in_order
from isp_env.stores.store import (
    CONTEXTS,
    FORMAT,
    INDEX,
    STORE,
    index_line,
    read_contexts,
    read_index,
    read_written_index,
)

RIGHT_WHITE = 2**32 - 1
"""A number that no variant has: which contexts have a right white balance is drawn apart, and moves no other draw."""


@dataclass(frozen=True)
class Source:
    """One file to bake: its place among all, which its random numbers depend on, and whether it is a photo."""

    place: int
    path: Path
    is_photo: bool = False


@dataclass(frozen=True)
class Baked:
    """The contexts of one source: what it is for the scenes, names and blocks; a sentence where it cannot be read."""

    raw: Taken
    names: tuple[str, ...] = ()
    blocks: tuple[bytes, ...] = ()
    failure: str | None = None


def contexts_of(source: Source, recipe: BakeRecipe) -> Iterator[RawFrame]:
    """Return the contexts of a source as frames, a raw as it is first. Raises: InputError if it cannot be read."""
    if source.is_photo:
        photo = read_rgb(source.path)
        for name, variation, generator in _drawn(source, recipe, photo.shape, recipe.photo_variants):
            yield replace(photographed(photo, name, variation, generator), path=as_written(source.path))
        return
    frame = read_frame(source.path)
    if recipe.plain:
        yield frame
    for name, variation, generator in _drawn(source, recipe, frame.samples.shape, recipe.variants):
        yield replace(vary(frame, variation, generator), name=name)


def _drawn(
    source: Source, recipe: BakeRecipe, shape: Sequence[int], count: int
) -> Iterator[tuple[str, Variation, np.random.Generator]]:
    first = np.random.default_rng(np.random.SeedSequence([recipe.seed, source.place, RIGHT_WHITE])).random()
    for variant in range(count):
        generator = np.random.default_rng(np.random.SeedSequence([recipe.seed, source.place, variant]))
        variation = draw_variation(generator, recipe.ranges, smallest_scale=recipe.proxy_px / min(shape[:2]))
        if is_chosen(variant, recipe.right_white, first):
            variation = replace(variation, white_balance_mired=0.0, white_balance_duv=0.0)
        yield f"{source.path.stem}_v{variant + 1}", variation, generator


def bake_one(source: Source, recipe: BakeRecipe) -> Baked:
    """Return the proxies of all contexts of a source as blocks."""
    raw, names, blocks = Taken(source.path.stem), [], []
    try:
        for frame in contexts_of(source, recipe):
            raw = raw if source.is_photo else replace(taken(frame), name=raw.name)
            proxy = frame.proxy(recipe.proxy_px, square=recipe.square, by_area=True, crops=recipe.crops)
            names.append(frame.name)
            blocks.append(to_block(proxy, recipe.precision))
    except InputError as error:
        return Baked(raw, failure=str(error))
    return Baked(raw, tuple(names), tuple(blocks))


def lost(source: Source, recipe: BakeRecipe) -> Baked:
    """Return what stands for a source whose process was ended twice, the second time with no other beside it."""
    return Baked(
        Taken(source.path.stem),
        failure=f"{source.path}: its process was ended from outside twice, by the system if memory is short; leave it out, or "
        "bake it where there is more",
    )


def bake(
    sources: Sequence[Source],
    recipe: BakeRecipe,
    folder: Path,
    *,
    workers: int = 1,
    begin: Callable[[int], Callable[[], object]] = lambda done: lambda: None,
) -> None:
    """Append to the store in `folder` what its index lacks of the sources; `describe` finishes it.

    `begin` is told how many were done before, and returns what is called after each. What is there is read and has to be
    what was written. A source whose process is ended from outside is baked again alone, and is a failure if that ends as well.
    Raises: InputError if what is there is shorter than its index says, or was changed.
    """
    done = _cut_to_whole(folder)
    finished = begin(done)
    with (folder / CONTEXTS).open("ab") as contexts, (folder / INDEX).open("ab") as index:
        for baked in in_order(bake_one, [(source, recipe) for source in sources[done:]], workers, lost):
            line = _line(baked, contexts.tell())
            for file, content in ((contexts, b"".join(baked.blocks)), (index, index_line(line))):
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            finished()


def _line(baked: Baked, offset: int) -> dict[str, Any]:
    """What the index says of a source whose blocks begin at `offset`."""
    ends = np.cumsum([0, *map(len, baked.blocks)]) + offset
    items = [
        {"name": name, "offset": int(start), "size": len(block)}
        for name, start, block in zip(baked.names, ends[:-1], baked.blocks, strict=True)
    ]
    line = {
        "format": FORMAT,
        **asdict(baked.raw),
        "items": items,
        "sha256": hashlib.sha256(b"".join(baked.blocks)).hexdigest(),
    }
    return line if baked.failure is None else {**line, "failure": baked.failure}


def _cut_to_whole(folder: Path) -> int:
    """Cut index and contexts to whole raws, and return how many there are."""
    for name in (CONTEXTS, INDEX):
        (folder / name).touch()
    lines = read_written_index(folder / INDEX)
    size = sum(each["size"] for line in lines for each in line["items"])
    if (there := (folder / CONTEXTS).stat().st_size) < size:
        raise InputError(f"{folder / CONTEXTS}: holds {there} of {size} bytes; remove the folder and bake again")
    for _ in read_contexts(folder / CONTEXTS, lines):  # proven once more: `describe` will vouch for them
        pass
    os.truncate(folder / CONTEXTS, size)
    content = (folder / INDEX).read_bytes()
    os.truncate(folder / INDEX, content.rfind(b"\n") + 1)
    return len(lines)


def describe(
    folder: Path, recipe: BakeRecipe, photos: int, *, scene_pattern: str, shares: Mapping[str, float]
) -> dict[str, Any]:
    """Write and return `store.json`: the scene of each source, and the side of each; raws and photos are split apart.

    The last `photos` sources are photos. So each side has its share of both.
    Raises: InputError if none of the sources could be read.
    """
    lines = read_index(folder)
    if not any(line["items"] for line in lines):
        raise InputError(f"{lines[0]['failure']} (none of {len(lines)} files can be read)")
    raws = [Taken(line["name"], line["camera"], line["captured_at"]) for line in lines]
    scenes = find_scenes(raws, scene_pattern)
    of_raws, of_photos = scenes[: len(scenes) - photos], scenes[len(scenes) - photos :]
    splits = {
        **split_scenes(set(of_photos) - set(of_raws), shares, recipe.seed),
        **split_scenes(of_raws, shares, recipe.seed),
    }
    described = {
        "format": FORMAT,
        "proxy_px": recipe.proxy_px,
        "crops": recipe.crops,
        "square": recipe.square,
        "bytes": (folder / CONTEXTS).stat().st_size,
        "index_sha256": sha256(folder / INDEX),
        "scenes": scenes,
        "splits": dict(sorted(splits.items())),
    }
    write_json(folder / STORE, described, seal=True)
    return described
