"""Contexts baked once into one file: made in processes, joined, opened as raws are."""
