"""Workers that are actors of Ray: each loads a command's work once and makes the shards that it is told the numbers of."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from attiqa_core.errors import UsageError
from attiqa_core.shards.commit import Commit
from attiqa_core.shards.manifest import Manifest, Shard, read_manifest
from experiments.scaling.crew import Lost, Made, Ready, Report
from experiments.scaling.work import ShardedWork


@dataclass(frozen=True)
class Site:
    """What a worker, wherever it is, has to find as the driver left it."""

    here: Path
    """The folder that paths of the command are relative to."""
    folder: Path
    """The run's."""
    items_sha256: str
    """Of the run's manifest, by which a worker sees that it has the same disk."""
    version: str


def site_of(manifest: Manifest) -> Site:
    """Return what workers on this manifest have to find."""
    return Site(Path.cwd(), manifest.folder.absolute(), manifest.items_sha256, metadata.version("attiqa-isp"))


class ShardActor:
    """One worker's life; Ray makes it in a process of its own."""

    def __init__(self, site: Site, work: Callable[[], ShardedWork]):
        """`work` makes the work from the command's options, once the worker is where the driver is."""
        self.site, self.work = site, work
        self.shards: list[Shard] = []
        self.make: Callable[[Shard], Commit] | None = None

    def begin(self) -> None:
        """Check that this machine sees what the driver sees, and load. Raises: UsageError if it does not."""
        enter(self.site)
        self.shards = read_manifest(self.site.folder).shards()
        self.make = self.work().worker()

    def do(self, index: int) -> None:
        """Make and commit one shard."""
        assert self.make is not None, "begin comes first"
        self.make(self.shards[index])


def enter(site: Site) -> None:
    """Go where the driver is. Raises: UsageError if its folders or its version are not here."""
    machine = platform.node()
    if (found := metadata.version("attiqa-isp")) != site.version:
        raise UsageError(f"{machine}: has attiqa-isp {found}, the command {site.version}; install the same everywhere")
    try:
        os.chdir(site.here)
        found = read_manifest(site.folder).items_sha256
    except (OSError, ValueError):
        found = ""
    if found != site.items_sha256:
        raise UsageError(
            f"{machine}: does not see {site.folder} as this machine does; all folders of the command have to be on a disk "
            "that every machine of the cluster has at the same place"
        )


class RayCrew:
    """A `Crew` of actors. Nothing but the numbers of shards passes between them and the driver."""

    def __init__(self, ray: Any, site: Site, work: Callable[[], ShardedWork], needs: Mapping[str, float]):
        self.ray, self.site, self.work = ray, site, work
        # an actor that dies is not brought back by Ray: the driver decides who gets its shard, and how often
        self.actor = ray.remote(max_restarts=0, max_task_retries=0, **needs)(ShardActor)
        self.actors: dict[int, Any] = {}
        self.asked: dict[Any, tuple[int, type[Ready] | type[Made]]] = {}

    def hire(self) -> int:
        number = max(self.actors, default=-1) + 1
        self.actors[number] = self.actor.remote(self.site, self.work)
        self.asked[self.actors[number].begin.remote()] = (number, Ready)
        return number

    def give(self, worker: int, shard: Shard) -> None:
        self.asked[self.actors[worker].do.remote(shard.index)] = (worker, Made)

    def reports(self, timeout_s: float) -> Sequence[Report]:
        finished, _ = self.ray.wait(list(self.asked), num_returns=1, timeout=timeout_s)
        return [self._report(reference) for reference in finished]

    def dismiss(self) -> None:
        """End all workers, whatever they are doing."""
        for actor in self.actors.values():
            self.ray.kill(actor)

    def _report(self, reference: Any) -> Report:
        worker, kind = self.asked.pop(reference)
        try:
            self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:
            raise error.cause from None
        except self.ray.exceptions.RayError as error:
            self.ray.kill(self.actors[worker])  # one that only cannot be reached has to make nothing any more
            return Lost(worker, _why(error))
        return kind(worker)


def _why(error: Exception) -> str:
    """The one line of Ray's message that says what happened."""
    lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()]
    told = next((line for line in lines if "exit detail" in line or "node" in line.lower()), lines[0] if lines else "")
    return told.partition("exit detail: ")[2].partition(". ")[0] or told or type(error).__name__
