"""Probes: how much of people's opinion a frozen network already knows, read off by a regressor of its own."""

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from attiqa_core.model import WHOLE_ENCODER, AttiqaNet

RIDGE_ALPHAS = np.geomspace(1e-3, 1e3, 100)  # the grid of CONTRIQUE's and ARNIQA's linear probes


def ridge_regression() -> Pipeline:
    """Return an unfitted ridge regression on standardised features; alpha by leave-one-out."""
    return make_pipeline(StandardScaler(), RidgeCV(alphas=RIDGE_ALPHAS))


def ridge_probe(features: np.ndarray, mos: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return a ridge regression's predictions for `test`, alpha by leave-one-out on `train`."""
    return ridge_regression().fit(features[train], mos[train]).predict(features[test])


def freeze_for_probe(net: AttiqaNet) -> None:
    """Leave only the network's regressor to train: encoder and attribute heads stay as they are (open point 10)."""
    net.freeze((WHOLE_ENCODER,))
    net.heads_hidden.requires_grad_(False)
