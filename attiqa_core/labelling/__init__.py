"""Labelling: embeddings of photos in a resumable cache, and the pseudo-labels derived from them."""
