"""What the tags of a DNG, or of a camera profile, mean."""
