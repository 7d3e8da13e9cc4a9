"""Evaluation protocols: random splits, and what a fine-tuned network or a frozen one reaches on them."""

from collections.abc import Sequence

import numpy as np
import torch
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from attiqa_core.images import Picture, to_images
from attiqa_core.metrics import krocc, plcc, plcc_logistic, rmse, srocc
from attiqa_core.model import AttiqaNet
from attiqa_core.scorer import Scorer

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


def score_pictures(scorer: Scorer, pictures: Sequence[Picture], batch: int = 16) -> Tensor:
    """Return the scores (len,) of pictures of any sizes on the CPU; equal sizes in a row share a batch."""
    scores = [torch.zeros(0)]
    start = 0
    while start < len(pictures):
        stop = start + 1
        while stop < min(start + batch, len(pictures)) and pictures[stop].shape == pictures[start].shape:
            stop += 1
        scores.append(scorer.score(to_images(torch.stack(list(pictures[start:stop])))).cpu())
        start = stop
    return torch.cat(scores)


@torch.inference_mode()
def frozen_features(net: AttiqaNet, pictures: Sequence[Picture], crop: int) -> np.ndarray:
    """Return the encoder's pooled features (len, features) of central crops, for a linear probe."""
    net.eval()
    rows = []
    for picture in pictures:
        top, left = (picture.shape[1] - crop) // 2, (picture.shape[2] - crop) // 2
        image = to_images(picture[None, :, top : top + crop, left : left + crop]).to(net.mean.device)
        rows.append(net.features(image)[0].cpu().numpy())
    return np.stack(rows)


def ridge_probe(features: np.ndarray, mos: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return a ridge regression's predictions for `test`, alpha by leave-one-out on `train`."""
    probe = make_pipeline(StandardScaler(), RidgeCV(alphas=RIDGE_ALPHAS))
    return probe.fit(features[train], mos[train]).predict(features[test])
