"""A command's work shared out over actors of Ray: planned here, made anywhere, merged here."""

import math
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attiqa_core.errors import ResourceError
from attiqa_core.runs.leftovers import remove_leftovers
from attiqa_core.runs.lock import only_run_in
from attiqa_core.runs.progress import progress
from attiqa_core.shards.commit import uncommitted
from attiqa_core.shards.manifest import Manifest, Shard
from experiments.options.outcome import Outcome, count
from experiments.options.scaling import ScalingOptions
from experiments.scaling.crew import Spread, named, spread
from experiments.scaling.parts import begin
from experiments.scaling.ray_cluster import cluster, resources
from experiments.scaling.ray_crew import RayCrew, site_of
from experiments.scaling.works import work_of


def run_over_actors(verb: str, config: Any, folder: Path) -> Outcome:
    """Make the shards that are not there yet over the actors of `config.scaling`, and merge: what one process would write.

    A shard that costs one worker after another is given up and named, the others are kept; then nothing is merged.
    Raises: UsageError if the folder is in use, was begun with other options, or nobody answers at the address; whatever
    error the command itself would raise, by a worker.
    """
    with only_run_in(folder, verb):
        remove_leftovers(folder)
        work, manifest = begin(verb, config, folder)
        shards = manifest.shards()
        found = _make(verb, config, manifest, waiting) if (waiting := uncommitted(shards)) else Spread()
        if not found.given_up:
            return work.merge()
    done = f"{len(shards) - len(found.given_up):,} of {count(len(shards), 'shard')} made, nothing merged"
    failures = [f"{named(shard)}: each worker that had it was lost ({why})" for shard, why in found.given_up.items()]
    return Outcome(None, f"{done}; the same command tries the rest again", tuple(failures), "given up")


def _make(verb: str, config: Any, manifest: Manifest, waiting: Sequence[Shard]) -> Spread:
    options: ScalingOptions = config.scaling
    assert options.ray is not None
    there = manifest.count - sum(shard.count for shard in waiting)
    cpus = max(options.ray_actors or 1, len(os.sched_getaffinity(0)))
    with cluster(options.ray, cpus=cpus) as ray:
        workers, needs = needs_of(
            resources(ray), options, on_gpu=getattr(config, "device", "cpu") != "cpu", local=options.ray == "local"
        )
        crew = RayCrew(ray, site_of(manifest), partial(work_of, verb, config), needs)
        with progress(total=manifest.count, label=verb, unit="item", done=there) as bar:

            def on_progress(items: int, there: int) -> None:
                bar.set_postfix_str(count(there, "worker"), refresh=False)
                bar.update(items)

            try:
                return spread(crew, waiting, workers, on_progress)
            finally:
                crew.dismiss()


def needs_of(
    machines: Sequence[Mapping[str, float]], options: ScalingOptions, *, on_gpu: bool, local: bool
) -> tuple[int, dict[str, float]]:
    """Return how many actors there are to be, and what Ray sets aside for each: one GPU where there are some, else one processor.

    Raises: ResourceError if not one fits.
    """
    with_gpu = [machine for machine in machines if machine.get("GPU", 0) >= 1] if on_gpu else []
    memory = options.ray_memory_gb * 2**30
    needs: dict[str, float] = {"num_cpus": 1, "memory": memory}
    if with_gpu:
        # the processors of a machine are shared by its GPUs: each decodes for its own
        needs["num_cpus"] = max(1, min(math.floor(each.get("CPU", 1) / each["GPU"]) for each in with_gpu))
        needs["num_gpus"] = 1
    names = {"num_cpus": "CPU", "num_gpus": "GPU", "memory": "memory"}
    fitting = sum(
        math.floor(min(machine.get(names[name], 0) / needed for name, needed in needs.items()))
        for machine in with_gpu or machines
    )
    if not fitting and (local or options.ray_actors is None):
        raise ResourceError(
            f"--ray: no machine has a free processor and {options.ray_memory_gb:g} GiB for an actor; give less --ray-memory-gb"
        )
    return options.ray_actors or fitting, needs
