"""The soak: every long command killed at random moments, short of disk, files and memory, and with a clock that jumps."""
