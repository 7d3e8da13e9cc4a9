"""Colour in numbers: calibrations, white points, matrices between spaces, Oklab."""
