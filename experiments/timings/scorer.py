"""The frozen scorer on decoded pictures."""

import torch

from attiqa_core.network.crop_batches import CropBatches
from attiqa_core.scorer import Scorer
from experiments.timings import Row, median_seconds

SMALL_PX = 192


def measure(repeats: int, scorer: Scorer) -> list[Row]:
    """Scorer images per second: centre crop and five crops of 16 pictures, with the gradient to the picture, and its
    encoder on small crops, which pass together, beside the plain loop."""
    images = torch.rand(16, 3, 500, 500, device=scorer.device)
    small = torch.rand(16, 3, SMALL_PX, SMALL_PX, device=scorer.device)
    batches = CropBatches(scorer.net)

    def gradient() -> None:
        leaf = images[:4].clone().requires_grad_(True)
        scorer.with_crops(1)(leaf).sum().backward()

    def one_by_one() -> None:
        for crop in small.split(1):
            scorer.net.features(crop)

    one, five = (
        median_seconds(lambda crops=crops: scorer.with_crops(crops).score(images), repeats, scorer.device)
        for crops in (1, 5)
    )
    with_gradient = median_seconds(gradient, repeats, scorer.device)
    with torch.no_grad():
        loop = median_seconds(one_by_one, repeats, scorer.device)
        together = median_seconds(lambda: batches.features(small), repeats, scorer.device)
    return [
        Row("scorer, centre crop, 500x500", 16 / one, "img/s"),
        Row("scorer, five crops, 500x500", 16 / five, "img/s"),
        Row("scorer, centre crop, with gradient", 4 / with_gradient, "img/s"),
        Row(f"encoder, crops of {SMALL_PX} px, one by one", 16 / loop, "img/s", "the plain loop"),
        Row(
            f"encoder, crops of {SMALL_PX} px, our batches", 16 / together, "img/s", f"{loop / together:.1f}x the loop"
        ),
    ]
