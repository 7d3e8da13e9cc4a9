"""Evaluation protocols: random splits, and what a fine-tuned network or a frozen one reaches on them."""

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import ShuffleSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from attiqa_core.metrics import krocc, plcc, plcc_logistic, rmse, srocc

RIDGE_ALPHAS = np.geomspace(1e-3, 1e3, 100)  # the grid of CONTRIQUE's and ARNIQA's linear probes


def random_splits(count: int, splits: int, test_share: float = 0.2) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (train, test) index arrays; split `k` is drawn with seed `k`, however many are asked for."""
    return [
        next(ShuffleSplit(n_splits=1, test_size=test_share, random_state=seed).split(np.arange(count)))
        for seed in range(splits)
    ]


def agreement(predicted: Tensor, mos: Tensor) -> dict[str, float | None]:
    """Return SROCC, PLCC raw and after the logistic, KROCC and RMSE of predictions against MOS on one scale."""
    return {
        "srocc": srocc(predicted, mos),
        "plcc": plcc(predicted, mos),
        "plcc_logistic": plcc_logistic(predicted, mos),
        "krocc": krocc(predicted, mos),
        "rmse": rmse(predicted, mos),
    }


def ridge_probe(features: np.ndarray, mos: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return a ridge regression's predictions for `test`, alpha by leave-one-out on `train`."""
    return ridge_regression().fit(features[train], mos[train]).predict(features[test])


def ridge_regression() -> Pipeline:
    """Return an unfitted ridge regression on standardised features; alpha by leave-one-out."""
    return make_pipeline(StandardScaler(), RidgeCV(alphas=RIDGE_ALPHAS))
