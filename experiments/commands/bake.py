"""Bake raws and photos into a store of proxies to train on: crops, mirrored, wrongly exposed and balanced, noisy."""

from collections.abc import Callable
from pathlib import Path

from attiqa_core.photos.decode import find_images
from attiqa_core.photos.sources import Photo
from attiqa_core.runs.progress import progress
from experiments.drawing.sheets import comparison_sheet
from experiments.options.bake import Config
from experiments.options.outcome import Outcome, count
from experiments.options.recipe import recipe_of
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume, inputs_of_photos
from isp_env.bake_recipe import BakeRecipe
from isp_env.baking import Source, bake, describe
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.raw_io.find import find_raws
from isp_env.scenes import scene_finder
from isp_env.store import BakedStore, Item

FREE = (*FREE_ON_RESUME, "workers", "sheet")
"""Options that may change between the parts of a run: the contexts do not depend on them."""

SHEET_SOURCES, SHEET_COLUMNS = 24, 9


def run(config: Config) -> Outcome:
    """Bake everything that can be read; the others are the outcome's failures."""
    config.check()
    scene_finder(config.scene)  # a pattern that is none would be noticed after hours
    recipe = recipe_of(BakeRecipe, config)
    raws = find_raws(config.raws) if config.raws else []
    photos = find_images(config.photos) if config.photos else []
    paths = [*raws, *photos]
    inputs = {"raws": str(len(raws)), **inputs_of_photos([Photo(path.name, path) for path in paths])}
    folder = begin_or_resume(config, inputs, FREE)
    sources = [Source(place, path, place >= len(raws)) for place, path in enumerate(paths)]
    with progress(total=len(sources), label="bake", unit="file") as bar:

        def begin(done: int) -> Callable[[], object]:
            bar.update(done)
            return bar.update

        bake(sources, recipe, folder, workers=config.workers, begin=begin)
    shares = {"validation": config.validation_share, "test": config.test_share}
    describe(folder, recipe, len(photos), scene_pattern=config.scene, shares=shares)
    store = BakedStore.open(folder)
    if config.sheet:
        write_sheet(folder / "sheet.jpg", store)
    return Outcome(folder, _done(store), store.failures)


def _done(store: BakedStore) -> str:
    sides = {item.scene: item.split for item in store.items}
    parts = [f"{list(sides.values()).count(side)} {side}" for side in dict.fromkeys(sides.values())]
    return f"{count(len(store.items), 'context')} of {count(len(sides), 'scene')} baked ({', '.join(parts)})"


def write_sheet(path: Path, store: BakedStore) -> None:
    """Write some contexts of some raws, evenly over the store, as the camera would deliver them; each begins with its name."""
    places: dict[str, list[int]] = {}
    for place, item in enumerate(store.items):
        places.setdefault(item.raw, []).append(place)
    names = list(places)[:: -(-len(places) // SHEET_SOURCES)]
    cells: list[list[int]] = [[]]
    for name in names:
        own = places[name][:SHEET_COLUMNS]
        if len(cells[-1]) + len(own) > SHEET_COLUMNS:
            cells.append([])
        cells[-1] += own
    proxies, columns = store.proxies(), max(map(len, cells))
    default = IspParams.default(1)
    comparison_sheet(
        path,
        [[render(proxies[place], default)[0] for place in row] + [None] * (columns - len(row)) for row in cells],
        captions=[
            [caption(store.items[place], proxies[place]) for place in row] + [""] * (columns - len(row))
            for row in cells
        ],
        cell_px=240,
    )


def caption(item: Item, proxy: RawFrame) -> str:
    """Return what was changed about a context, in three lines."""
    variation = proxy.metadata.get("variation")
    name = f"{item.name} ({item.split})"
    if variation is None:
        return f"{name}\nas it is"
    side = " mirrored" if variation["mirror"] else ""
    return (
        f"{name}\n{variation['exposure_ev']:+.1f} EV, {variation['white_balance_mired']:+.0f} mired, "
        f"{variation['white_balance_duv']:+.3f} Duv\n"
        f"noise +{variation['noise_stops']:.1f} stops, x{variation['crop_scale']:.2f}{side}"
    )
