"""Files that are whole or not there: atomic writes, JSON, hashes, tables. Nothing here needs torch."""
