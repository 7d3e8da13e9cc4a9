"""The peak signal-to-noise ratio of pictures in [0, 1]: how near one comes to what it should be."""

import math

from torch import Tensor

from attiqa_core.tensors import Images, PerImage


def psnr_db(images: Images, references: Images, most_db: float = math.inf) -> PerImage:
    """Return the PSNR of each image in dB, peak 1; what is nearer than `most_db` counts as the same."""
    return decibels((images - references).square().mean((1, 2, 3)), most_db)


def decibels(mean_square: Tensor, most_db: float = math.inf) -> Tensor:
    """Return the PSNR of mean square errors in dB, at most `most_db`; infinite for no error if nothing is said."""
    return (-10 * mean_square.clamp_min(10 ** (-most_db / 10)).log10()).clamp_max(most_db)
