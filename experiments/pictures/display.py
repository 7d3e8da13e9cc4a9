"""Finished pictures as floats of display sRGB: TIFFs at their own depth and by their own profile, which 8 bits would lose."""

from pathlib import Path

import torch

from attiqa_core.tensors import Images
from experiments.pictures.reading import load_picture
from isp_env.finished_pictures.expert_tiff import Assumed, open_expert

TIFF_SUFFIXES = (".tif", ".tiff")


def read_display(path: Path, assume: Assumed = None) -> tuple[Images, float]:
    """Return a picture as display sRGB (1, 3, H, W) in [0, 1], upright, and the share of it that was beyond sRGB and is clipped.

    TIFF at its own depth by its profile, others of 8 bits.
    Raises: InputError if it cannot be read, or is a TIFF without a profile and nothing is assumed.
    """
    if path.suffix.lower() in TIFF_SUFFIXES:
        return open_expert(path, assume).display()
    return torch.tensor(load_picture(path)).permute(2, 0, 1)[None].float() / 255, 0.0
