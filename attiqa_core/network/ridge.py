"""Ridge regression as the field's linear probes do it."""

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

RIDGE_ALPHAS = np.geomspace(1e-3, 1e3, 100)  # the grid of CONTRIQUE's and ARNIQA's linear probes


def ridge_regression() -> Pipeline:
    """Return an unfitted ridge regression on standardised features; alpha by leave-one-out."""
    return make_pipeline(StandardScaler(), RidgeCV(alphas=RIDGE_ALPHAS))
