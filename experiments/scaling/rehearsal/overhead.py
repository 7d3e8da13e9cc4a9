"""What Ray costs besides the work: shards of which nothing is made."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from attiqa_core.shards.commit import Commit
from attiqa_core.shards.manifest import Manifest, Shard, plan
from experiments.options.outcome import Outcome
from experiments.scaling.crew import spread
from experiments.scaling.ray_cluster import cluster
from experiments.scaling.ray_crew import RayCrew, site_of

SHARDS = 1000


@dataclass(frozen=True)
class NoWork:
    """Work that is none."""

    folder: Path
    free: tuple[str, ...] = ()

    def plan(self) -> Manifest:
        return plan(self.folder, ([str(number)] for number in range(SHARDS)), {}, shard_size=1)

    def worker(self) -> Callable[[Shard], Commit]:
        return lambda shard: Commit(shard, 1, {}, {}, {})

    def merge(self) -> Outcome:
        return Outcome(None, "nothing")


def overhead(folder: Path) -> tuple[float, float]:
    """Return the seconds of starting and ending Ray with two actors ready, and those that each shard takes with one actor."""
    manifest = NoWork(folder).plan()
    shards = manifest.shards()
    began = time.perf_counter()
    with cluster("local", cpus=2) as ray:
        crew = RayCrew(ray, site_of(manifest), partial(NoWork, folder), {"num_cpus": 1})
        spread(crew, shards[:2], 2, lambda items, there: None)
        started = time.perf_counter() - began
        crew.dismiss()
        crew = RayCrew(ray, site_of(manifest), partial(NoWork, folder), {"num_cpus": 1})
        spread(crew, shards[:1], 1, lambda items, there: None)
        one = time.perf_counter()
        worker = max(crew.actors)
        for shard in shards:
            crew.give(worker, shard)
            while not crew.reports(1.0):
                pass
        each = (time.perf_counter() - one) / len(shards)
        crew.dismiss()
        ending = time.perf_counter()
    return started + time.perf_counter() - ending, each
