"""Raw files in and out: camera raws, DNG, linear PNG, synthetic raws; one at a time to frames and proxies."""
