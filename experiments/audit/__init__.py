"""The audit as people meet it: which raws, and the page."""
