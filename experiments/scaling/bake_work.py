"""`attiqa bake` in shards of raws and photos: parts of a store, joined to the bytes that one process would write."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from attiqa_core.errors import UsageError
from attiqa_core.photos.places import find_images, size_of
from attiqa_core.photos.sources import Photo
from attiqa_core.runs.folder import META, describe_run
from attiqa_core.runs.lock import PRIVATE
from attiqa_core.shards.commit import Commit, commit, prove
from attiqa_core.shards.manifest import Item, Manifest, Shard, is_planned, plan, read_manifest
from experiments.drawing.store_sheet import write_sheet
from experiments.options.bake import Config
from experiments.options.outcome import Outcome, count
from experiments.options.recipe import recipe_of
from experiments.options.resume import inputs_of_photos
from experiments.scaling.listed_paths import begins_in, check_begins_here, listed, path_of
from experiments.scaling.shard_sizes import shard_size
from isp_env.raw_io.find import find_raws
from isp_env.stores.bake_recipe import BakeRecipe
from isp_env.stores.baking import Source, bake, describe
from isp_env.stores.joining import join
from isp_env.stores.store import CONTEXTS, INDEX, BakedStore, read_index

BLOCKS, LINES, UNFINISHED = ".bin", ".jsonl", ".part"
"""Of a shard: its contexts, their lines of the index, and the folder in which they grow."""


class BakeWork:
    """Items are files: the path, its place among all, whether it is a photo, and its size in bytes."""

    free = ("workers",)

    def __init__(self, config: Config):
        self.config = config

    def plan(self) -> Manifest:
        """List raws and photos, none of them opened. Raises: UsageError if the folder holds something else."""
        folder = self.config.out
        if is_planned(folder):
            return read_manifest(folder)
        if {path.name for path in folder.iterdir()} - {PRIVATE}:
            raise UsageError(f"--out {folder}: already holds files; name another folder, or remove it")
        sources = find_sources(self.config)
        items = ([listed(each.path), each.place, each.is_photo, size_of(each.path)] for each in sources)
        about = {"verb": "bake", "begins_in": begins_in(source.path for source in sources)}
        return plan(folder, items, about, shard_size=shard_size(len(sources)))

    def worker(self) -> Callable[[Shard], Commit]:
        """Return what bakes a shard, and goes on with one that was begun."""
        config = self.config
        check_begins_here(config.out, read_manifest(config.out).about["begins_in"])
        recipe = recipe_of(BakeRecipe, config)

        def make(shard: Shard) -> Commit:
            sources = [_source(item) for item in shard.items()]
            growing = shard.file(UNFINISHED)
            growing.mkdir(parents=True, exist_ok=True)
            bake(sources, recipe, growing, workers=config.workers)
            return _committed(shard, growing)

        return make

    def merge(self) -> Outcome:
        """Join the parts, each proven, and describe the store: its scenes depend on all of them."""
        config, manifest = self.config, read_manifest(self.config.out)
        join(config.out, ((each.shard.file(LINES), each.shard.file(BLOCKS)) for each in prove(manifest)))
        for shard in manifest.shards():
            shutil.rmtree(
                shard.file(UNFINISHED), ignore_errors=True
            )  # of a worker that was killed once it had committed
        items = [item for shard in manifest.shards() for item in shard.items()]
        sources = [_source(item) for item in items]
        inputs = inputs_of(sources, [item[3] for item in items])
        if not (config.out / META).exists():
            describe_run(config.out, config, seed=config.seed, inputs=inputs)
        return finished(config, sum(source.is_photo for source in sources))


def _committed(shard: Shard, growing: Path) -> Commit:
    """Commit a shard whose files are whole in `growing`."""
    items, lines = shard.items(), read_index(growing)
    errors = {item[0]: line["failure"] for item, line in zip(items, lines, strict=True) if "failure" in line}
    for name, suffix in ((INDEX, LINES), (CONTEXTS, BLOCKS)):
        (growing / name).replace(
            shard.file(suffix)
        )  # killed after the first: contexts without an index are baked again
    done = commit(shard, [item[0] for item in items if item[0] not in errors], (BLOCKS, LINES), errors, {})
    shutil.rmtree(growing)
    return done


def _source(item: Item) -> Source:
    return Source(item[1], path_of(item[0]), item[2])


def find_sources(config: Config) -> list[Source]:
    """Return the raws and then the photos that were named, each with its place. Raises: InputError if there is none."""
    raws = find_raws(config.raws) if config.raws else []
    photos = find_images(config.photos) if config.photos else []
    return [Source(place, path, place >= len(raws)) for place, path in enumerate([*raws, *photos])]


def inputs_of(sources: Sequence[Source], sizes: Sequence[int | None] | None = None) -> dict[str, str]:
    """Return what `meta.json` keeps of the files: counts, and a hash of names and sizes, asked for where they are not given."""
    sizes = sizes or [None] * len(sources)
    listing = [Photo(each.path.name, each.path, size=size) for each, size in zip(sources, sizes, strict=True)]
    return {"raws": str(sum(not source.is_photo for source in sources)), **inputs_of_photos(listing)}


def finished(config: Config, photos: int) -> Outcome:
    """Describe a store whose contexts are all there, the last so many files being photos, and return what it came to."""
    shares = {"validation": config.validation_share, "test": config.test_share}
    describe(config.out, recipe_of(BakeRecipe, config), photos, scene_pattern=config.scene, shares=shares)
    store = BakedStore.open(config.out)
    if config.sheet:
        write_sheet(config.out / "sheet.jpg", store)
    return Outcome(config.out, _done(store), store.failures)


def _done(store: BakedStore) -> str:
    sides = {item.scene: item.split for item in store.items}
    parts = [f"{list(sides.values()).count(side)} {side}" for side in dict.fromkeys(sides.values())]
    return f"{count(len(store.items), 'context')} of {count(len(sides), 'scene')} baked ({', '.join(parts)})"
