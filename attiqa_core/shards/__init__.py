"""Work in shards: a manifest of what is to be done, shards that any worker makes in any order, and the proof that nothing is missing.

plan.json, items.jsonl         the manifest: what was asked for, a line for each item, where each shard begins
shards/000000.*                what was made of a shard's items, written by `files.whole.replacing`
shards/000000.json             written last, the shard's commit: which items, the hashes of its files, what failed and why
"""
