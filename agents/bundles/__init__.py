"""A policy as a folder: what its files are called, written, read without believing it, found, and its scorer."""
