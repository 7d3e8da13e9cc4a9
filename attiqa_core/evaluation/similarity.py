"""How far fine-tuning moved an encoder's features (ATTIQA, feature analysis of section 4.4)."""

import math

from torch import Tensor
from torch.nn.functional import cosine_similarity

from attiqa_core.tensors import Views


def feature_similarity(before: Views, after: Views) -> float | None:
    """Return the mean over images of the cosine between pooled features before and after fine-tuning, in [-1, 1].

    Each image's features are the mean over its views. None where features are not finite, as of a training that
    diverged. Source: docs/method.md, open point 9: pooled features, test split.
    """
    mean = float(_per_image(before, after).mean())
    return mean if math.isfinite(mean) else None


def _per_image(before: Views, after: Views) -> Tensor:
    return cosine_similarity(before.mean(1).double(), after.mean(1).double(), dim=1)
