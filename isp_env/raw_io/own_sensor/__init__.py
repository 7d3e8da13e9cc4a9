"""What a user knows of their own sensor, and files that only this explains."""
