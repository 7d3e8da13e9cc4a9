"""`attiqa render` in shards of raws: pictures and recipes in the places that one process would give them."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePath

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, sha256
from attiqa_core.runs.progress import progress
from attiqa_core.shards.commit import Commit, commit, prove
from attiqa_core.shards.manifest import Item, Manifest, Shard, is_planned, plan, read_manifest
from experiments.drawing.freed_memory import give_large_blocks_back
from experiments.gallery.gallery import write_gallery
from experiments.options.outcome import Outcome
from experiments.options.render import Config
from experiments.options.render_folder import PAGE, PARTS, RECIPE_SUFFIX
from experiments.rendering.batch import make_pictures, usual_jobs
from experiments.rendering.inputs import Source, find_sources
from experiments.rendering.making import making_of
from experiments.rendering.names import places
from experiments.rendering.one_picture import Made, Making
from experiments.rendering.outcome import outcome_of
from experiments.rendering.run import kept_in_order, write_overviews
from experiments.rendering.staging import clear, complete
from experiments.rendering.tally import Tally
from experiments.scaling.listed_paths import begins_in, check_begins_here, listed, path_of
from experiments.scaling.shard_sizes import shard_size
from isp_env.native.build import library


class RenderWork:
    """Items are raws: the place of the picture, and the path. A commit names the hash of each recipe, and so its picture's."""

    free = ("jobs",)

    def __init__(self, config: Config):
        self.config, self.folder = config, config.out / PARTS

    def plan(self) -> Manifest:
        """List the raws, none of them opened, and where each picture goes, which depends on all of them."""
        if is_planned(self.folder):
            return read_manifest(self.folder)
        sources = find_sources(self.config.raws)
        where = places(sources)
        items = ([where[source.path].as_posix(), listed(source.path)] for source in sources)
        about = {"verb": "render", "begins_in": begins_in(source.path for source in sources)}
        return plan(self.folder, items, about, shard_size=shard_size(len(sources)))

    def worker(self) -> Callable[[Shard], Commit]:
        """Load what chooses the parameters, and return what renders the raws of a shard that are not finished."""
        check_begins_here(self.config.out, read_manifest(self.folder).about["begins_in"])
        give_large_blocks_back()
        library()  # compiled once, before threads ask for it
        return functools.partial(_made, making_of(self.config), self.config.jobs or usual_jobs())

    def merge(self) -> Outcome:
        """Prove that each raw has its picture, or is named as a failure, and write what is about all of them."""
        config, manifest = self.config, read_manifest(self.folder)
        rows = list(_proven(config.out, manifest))
        making = making_of(config)
        tally = Tally(config.out)
        with kept_in_order(config.out, tally):
            for made in rows:
                tally.add(made)
            sources = [_readable(made.source, manifest.about["begins_in"]) for made in rows]
            where = dict(zip((source.path for source in sources), _places(manifest), strict=True))
            write_overviews(making, sources, where, sheet=config.sheet)
        if config.look and tally.has_pictures:
            write_gallery(config.out / PAGE, config.out, title=config.out.resolve().name)
        return outcome_of(config, tally, manifest.count)


def _made(making: Making, jobs: int, shard: Shard) -> Commit:
    """Commit a shard once each of its raws has its picture in place, or cannot have one."""
    own = replace(making, part=f"{shard.index:06d}")
    items = shard.items()
    sources = [_source(item) for item in items]
    where = {source.path: PurePath(item[0]) for source, item in zip(sources, items, strict=True)}
    tally = Tally(own.out)
    complete(own.out, own.part)
    try:
        make_pictures(own, sources, where, tally.add, jobs)
    finally:
        clear(own.out, own.part)
    errors = {where[source.path].as_posix(): why for source, why in tally.failures.items()}
    done = [item[0] for item in items if item[0] not in errors]
    recipes = {place: sha256(own.out / f"{place}{RECIPE_SUFFIX}") for place in done}
    return commit(shard, done, (), dict(sorted(errors.items())), {"recipes": recipes})


def _proven(out: Path, manifest: Manifest) -> Iterator[Made]:
    """Yield what became of each raw, in order. Raises: InputError for the first picture that is not what was committed."""
    with progress(total=manifest.count, label="prove", unit="picture") as bar:
        for found in prove(manifest):
            for item in found.shard.items():
                source, place = _source(item), item[0]
                if place in found.errors:
                    yield Made(source, "failed", found.errors[place])
                else:
                    yield _proven_picture(out, source, place, found)
                bar.update()


def _proven_picture(out: Path, source: Source, place: str, found: Commit) -> Made:
    recipe = out / f"{place}{RECIPE_SUFFIX}"
    cure = f"remove {found.shard.file('.json')} and it, and run its worker again"
    if not recipe.is_file() or sha256(recipe) != found.about["recipes"].get(place):
        raise InputError(f"{recipe}: is missing or was changed after it was written; {cure}")
    told = read_json(recipe)
    picture = recipe.parent / told["picture"]["name"]
    if not picture.is_file() or sha256(picture) != told["picture"]["sha256"]:
        raise InputError(f"{picture}: is missing or was changed after it was written; {cure}")
    said = {"corrections": {"not_applied": told["corrections"]["not_applied"]}}
    return Made(source, "rendered", "new", picture, recipe=said)


def _source(item: Item) -> Source:
    place, path = PurePath(item[0]), path_of(item[1])
    return Source(path, place)


def _readable(source: Source, begun_in: str) -> Source:
    return replace(source, path=Path(begun_in) / source.path)


def _places(manifest: Manifest) -> Iterator[PurePath]:
    for shard in manifest.shards():
        yield from (PurePath(item[0]) for item in shard.items())
