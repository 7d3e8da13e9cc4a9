"""Finished pictures of a raw that others made: read as they are stored, and laid over ours."""
