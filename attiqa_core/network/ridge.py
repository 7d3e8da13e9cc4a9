"""Ridge regression as the field's linear probes do it."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

RIDGE_ALPHAS = np.geomspace(1e-3, 1e3, 100)  # the grid of CONTRIQUE's and ARNIQA's linear probes


def ridge_regression() -> "Pipeline":
    """Return an unfitted ridge regression on standardised features; alpha by leave-one-out."""
    from sklearn.linear_model import RidgeCV  # a second of imports, which who has a scorer does without
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), RidgeCV(alphas=RIDGE_ALPHAS))


def ridge_solution(inputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, float]:
    """Return weights (features,) and bias of the ridge regression of targets (rows,) on inputs (rows, features) as they
    are: the standardisation is folded into them."""
    fitted = ridge_regression().fit(inputs, targets)
    scaler, ridge = (fitted.named_steps[step] for step in ("standardscaler", "ridgecv"))
    weight = ridge.coef_ / scaler.scale_
    return weight, float(ridge.intercept_ - weight @ scaler.mean_)
