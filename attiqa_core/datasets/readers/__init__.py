"""One reader for each data set's original files."""
