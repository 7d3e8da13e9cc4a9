"""Photos: reading files, folders and shards, and keeping decoded ones at hand."""
