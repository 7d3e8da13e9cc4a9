"""How many raws make a shard."""

SHARDS, FEWEST, MOST = 256, 4, 64
"""So many shards, of so many raws each: enough for all workers, and each so large that nobody waits long for its last raw."""


def shard_size(raws: int) -> int:
    """Return the size of a shard for so many raws, whoever makes them: 4 of up to a thousand, 64 of 16,384 and more."""
    return min(MOST, max(FEWEST, raws // SHARDS))
