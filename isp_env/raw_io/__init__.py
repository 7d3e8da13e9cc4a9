"""Raw files in and out: camera raws, DNG, linear PNG, synthetic raws."""
