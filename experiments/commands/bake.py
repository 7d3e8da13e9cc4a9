"""Bake raws and photos into a store of proxies to train on: crops, mirrored, wrongly exposed and balanced, noisy."""

from collections.abc import Callable

from attiqa_core.runs.progress import progress
from experiments.options.bake import Config
from experiments.options.outcome import Outcome
from experiments.options.recipe import recipe_of
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume
from experiments.scaling.bake_work import BakeWork, find_sources, finished, inputs_of
from experiments.scaling.shared import run_shared
from isp_env.contexts.scenes import scene_finder
from isp_env.stores.bake_recipe import BakeRecipe
from isp_env.stores.baking import bake

FREE = (*FREE_ON_RESUME, *BakeWork.free, "sheet")
"""Options that may change between the parts of a run: the contexts do not depend on them."""


def run(config: Config) -> Outcome:
    """Bake everything that can be read; the others are the outcome's failures."""
    config.check()
    scene_finder(config.scene)  # a pattern that is none would be noticed after hours
    if config.scaling.is_shared:
        return run_shared("bake", config, config.out)
    sources = find_sources(config)
    folder = begin_or_resume(config, inputs_of(sources), FREE)
    with progress(total=len(sources), label="bake", unit="file") as bar:

        def begin(done: int) -> Callable[[], object]:
            bar.update(done)
            return bar.update

        bake(sources, recipe_of(BakeRecipe, config), folder, workers=config.workers, begin=begin)
    return finished(config, sum(source.is_photo for source in sources))
