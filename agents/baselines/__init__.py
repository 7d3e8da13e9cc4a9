"""Tuners that do not learn: the camera default, Sobol search, and gradient ascent through ISP and scorer."""
