"""Options of commands whose work many processes or machines may share."""

import re
from dataclasses import dataclass, fields

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.ray_address import check_address, require_ray
from experiments.options.refuse_unused import refuse_unused

RAY_MEMORY_GB = 4.0
"""What loading and running one worker of any command fits into, with room: CLIP's largest image tower, or a raw of 50 Mpx."""


@dataclass(frozen=True, kw_only=True)
class ScalingOptions:
    """Who does the work, if not this process alone."""

    shard: str | None = None
    """Do part I/N of the work only, 0/N to N-1/N, beside whoever does the others; then `attiqa merge` of the folder."""
    ray: str | None = None
    """Share the work out over actors of Ray (extra `scale`): local starts Ray here, auto or HOST:PORT joins a cluster, from one
    of its machines."""
    ray_actors: int | None = None
    """Actors of --ray; by default one for each GPU, else one for each processor, as far as the memory goes."""
    ray_memory_gb: float = RAY_MEMORY_GB
    """Memory that is set aside for each actor of --ray, GiB."""

    @property
    def is_shared(self) -> bool:
        """Whether others work on the same folder, which need not be new then."""
        return self.shard is not None or self.ray is not None

    @property
    def flag(self) -> str:
        """The option by which the work is shared."""
        return "--shard" if self.shard is not None else "--ray"

    @property
    def part(self) -> tuple[int, int]:
        """The part of this process, (i, n); (0, 1) is all of it. Raises: UsageError for what is no I/N."""
        if self.shard is None:
            return (0, 1)
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", self.shard)
        if found is None or int(found[1]) >= int(found[2]):
            raise UsageError(f"--shard {self.shard}: give a part as I/N, from 0/N to N-1/N, such as 0/3, 1/3 and 2/3")
        return int(found[1]), int(found[2])

    def check(self) -> None:
        """Raises: UsageError for a part that is none, --shard beside --ray, and what is about --ray without it."""
        _ = self.part
        if self.ray is None:
            refuse_unused(self, ("ray_actors", "ray_memory_gb"), "is about --ray; name a cluster, or --ray local")
            return
        if self.shard is not None:
            raise UsageError("--shard and --ray: Ray gives the shards out itself; leave one of them out")
        checks.at_least(self, ray_actors=1)
        checks.above_zero(self, "ray_memory_gb")
        check_address(self.ray)
        require_ray()


NAMES = tuple(option.name for option in fields(ScalingOptions))
"""The names of these options, on which no result depends."""
