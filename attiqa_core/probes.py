"""Probes: how much of people's opinion a frozen network already knows, read off by a regressor of its own."""

import numpy as np

from attiqa_core.model import WHOLE_ENCODER, AttiqaNet
from attiqa_core.ridge import ridge_regression


def ridge_probe(features: np.ndarray, mos: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return a ridge regression's predictions for `test`, alpha by leave-one-out on `train`."""
    return ridge_regression().fit(features[train], mos[train]).predict(features[test])


def freeze_for_probe(net: AttiqaNet) -> None:
    """Leave only the network's regressor to train: encoder and attribute heads stay as they are (open point 10)."""
    net.freeze((WHOLE_ENCODER,))
    net.heads_hidden.requires_grad_(False)
