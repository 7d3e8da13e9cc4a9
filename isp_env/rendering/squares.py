"""How a judge, who looks at squares, sees all of a picture that is none."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.judges.judge import Judge
from attiqa_core.tensors import AttributeScores, Images, ResizedImages, Scores

Pictures = Images | list[Float[Tensor, "3 _height _width"]]
"""One tensor where all have one size, else a list."""

NEARLY_SQUARE = 1.1
"""Of a picture up to so many times as long as wide the judge sees what it sees by itself, at least nine tenths."""


def squares(images: Images) -> list[ResizedImages]:
    """Return the fewest squares of the short edge, evenly spaced along the long one, that cover the pictures between them.

    A nearly square picture is one of its own.
    """
    height, width = images.shape[-2:]
    edge, longest = min(height, width), max(height, width)
    if longest <= NEARLY_SQUARE * edge:
        return [images]
    count = math.ceil(longest / edge)
    starts = [round(index * (longest - edge) / (count - 1)) for index in range(count)]
    return [images.narrow(-1 if width > height else -2, start, edge) for start in starts]


def read_whole(judge: Judge, pictures: Pictures) -> tuple[Scores, AttributeScores]:
    """Return MOS and attributes of pictures, the mean over their squares. Gradients flow to the pictures."""
    if isinstance(pictures, list):  # of several sizes: each by itself
        scores, attributes = zip(*(read_whole(judge, picture[None]) for picture in pictures), strict=True)
        return torch.cat(scores), torch.cat(attributes)
    views = squares(pictures)
    if len(views) == 1:
        return judge.read(pictures)
    scores, attributes = (each.unflatten(0, (len(views), -1)) for each in judge.read(torch.cat(views)))
    return scores.mean(0), attributes.mean(0)
