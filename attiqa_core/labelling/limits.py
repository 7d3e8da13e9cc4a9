"""How much labelling takes at a time, and how much may go wrong; a command line reads it here without torch."""

SHARD_SIZE = 1024  # photos in each file of the cache
BATCH = 64  # photos encoded at a time
THREADS = 2  # that decode photos ahead of the encoder
MAX_ERROR_RATE = 0.05  # share of the photos that may be unreadable
