"""What a command has to be to run in shards: planned once, made shard by shard wherever, merged with a proof."""

from collections.abc import Callable
from typing import Protocol

from attiqa_core.shards.commit import Commit
from attiqa_core.shards.manifest import Manifest, Shard
from experiments.options.outcome import Outcome


class ShardedWork(Protocol):
    """The work of one command's options. Made anew from the options in each worker; only folders are shared."""

    @property
    def free(self) -> tuple[str, ...]:
        """The options, besides those of any command, on which the result does not depend: workers may differ in them."""
        ...

    def plan(self) -> Manifest:
        """Write the run's folder and its manifest if they are not there, and return it. Called under the folder's lock.

        Raises: UsageError or InputError as the command itself does, and if the folder was begun with something else.
        """
        ...

    def worker(self) -> Callable[[Shard], Commit]:
        """Load what is heavy, once a worker, and return what makes and commits one shard, whatever others do."""
        ...

    def merge(self) -> Outcome:
        """Prove that every item is covered exactly once and write the command's result: the same bytes whoever made what."""
        ...
