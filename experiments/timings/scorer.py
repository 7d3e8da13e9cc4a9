"""The frozen scorer on decoded pictures."""

import torch

from attiqa_core.scorer import Scorer
from experiments.timings import Row, median_seconds


def measure(repeats: int, scorer: Scorer) -> list[Row]:
    """Scorer images per second: centre crop and five crops of 16 pictures, and with the gradient to the picture."""
    images = torch.rand(16, 3, 500, 500, device=scorer.device)

    def gradient() -> None:
        leaf = images[:4].clone().requires_grad_(True)
        scorer.with_crops(1)(leaf).sum().backward()

    one, five = (
        median_seconds(lambda crops=crops: scorer.with_crops(crops).score(images), repeats, scorer.device)
        for crops in (1, 5)
    )
    with_gradient = median_seconds(gradient, repeats, scorer.device)
    return [
        Row("scorer, centre crop, 500x500", 16 / one, "img/s"),
        Row("scorer, five crops, 500x500", 16 / five, "img/s"),
        Row("scorer, centre crop, with gradient", 4 / with_gradient, "img/s"),
    ]
