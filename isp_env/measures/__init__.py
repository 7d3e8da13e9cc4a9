"""What is measured of a picture beside its score: its own white, what penalties look at, what an optimiser did to it."""
