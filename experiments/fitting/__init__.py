"""The run of `attiqa fit`: which raw goes with which reference, reading both, and what is written of the fits."""
