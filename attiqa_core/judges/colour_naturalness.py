"""Colour naturalness: a picture is good if its colours and tones are those of pristine photos; nothing else is looked at.

A Gaussian over fourteen statistics, as NIQE's idea has it for luma (Mittal, Soundararajan, Bovik 2013). That natural
colours are preferred and that skin, grass and sky carry the judgement: Yendrikhovskij, Blommaert, de Ridder 1999.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.judges.colour_statistics import COLOUR_STATISTICS, colour_statistics
from attiqa_core.judges.naturalness import Naturalness, Pristine, enough
from attiqa_core.tensors import Images, PerImage

COLOUR_NATURALNESS = "colour-naturalness"
SHRINKAGE = 0.3  # by which correlations are taken for smaller: of a few hundred photos many are chance


class ColourNaturalness(Naturalness):
    """Scores in [0, 1] by the distance of a picture's colours and tones from those of pristine photos; differentiable."""

    kind = COLOUR_NATURALNESS
    statistics = COLOUR_STATISTICS

    def squared_distance(self, image: Images) -> PerImage:
        return colour_distance(colour_statistics(image), self.mean, self.covariance)


def colour_distance(statistics: Float[Tensor, "batch statistics"], mean: Tensor, covariance: Tensor) -> PerImage:
    """Return the squared Mahalanobis distance of each row, in float64."""
    off = statistics.double() - mean
    return (torch.linalg.solve(covariance, off.T).T * off).sum(1)


def fit_colour_naturalness(photos: Sequence[Float[Tensor, " statistics"]]) -> Pristine:
    """Return the Gaussian over the `colour_statistics` of pristine photos. Raises: InputError if they are too few."""
    enough(photos, COLOUR_NATURALNESS)
    rows = torch.stack([*photos]).double()
    covariance = rows.T.cov()
    covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * covariance.diagonal().diag()
    mean = rows.mean(0)
    return Pristine(mean, covariance, colour_distance(rows, mean, covariance).median().sqrt())


def open_colour_naturalness(
    reference: str | Path, device: str | torch.device = "cpu", crops: int = 1
) -> ColourNaturalness:
    """Return the judge that ships, or one fitted on photos of one's own; what `create_metric` calls."""
    return ColourNaturalness.load(reference, device, crops)
