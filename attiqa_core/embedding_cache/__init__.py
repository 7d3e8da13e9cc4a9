"""Image embeddings on disk: a plan of shards, the work on one shard, and the proof that they cover every photo."""
