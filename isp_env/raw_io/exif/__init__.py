"""What a raw tells of its capture: fields, and where they stand in its file."""
