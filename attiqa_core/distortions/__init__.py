"""Distortions: signed axes for each attribute, corruptions that a scorer must see through, ladders of severity."""
