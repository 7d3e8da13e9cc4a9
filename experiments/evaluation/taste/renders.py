"""Versions of photos that differ in exposure, contrast and saturation, as a set of renderers would make them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from attiqa_core.distortions.edits import chroma_times, exposed
from attiqa_core.files.whole import replacing
from attiqa_core.photos.images import read_picture, resize_short_edge, to_images
from attiqa_core.runs.progress import progress
from attiqa_core.srgb import luma
from attiqa_core.tensors import Images
from experiments.pictures.encoders import encode_jpeg
from isp_env.stages.output import quantise

EXPOSURES_EV = (-1.2, 0.7)
CONTRASTS = (0.75, 1.3)
CHROMAS = (0.5, 1.7)
SHORT_EDGE_PX = 500


def write_renders(photos: Sequence[Path], folder: Path, arms: int, seed: int) -> dict[str, list[str]]:
    """Return scene -> names of its pictures in `folder`: the photo as it is, and `arms` - 1 versions of it, drawn by seed and place.

    Pictures that are there already are left as they are: the same words make the same pictures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scenes: dict[str, list[str]] = {}
    for place, photo in enumerate(progress(photos, total=len(photos), label="render", unit="photo")):
        names = [f"{place:03d}-{arm}.jpg" for arm in range(arms)]
        scenes[f"{place:03d}"] = names
        if all((folder / name).is_file() for name in names):
            continue
        image = resize_short_edge(to_images(read_picture(photo))[None], SHORT_EDGE_PX).clamp(0, 1)
        for name, version in zip(names, _versions(image, arms, np.random.default_rng([seed, place])), strict=True):
            with replacing(folder / name) as temporary:
                temporary.write_bytes(encode_jpeg(quantise(version.numpy(), 8), quality=92))
    return scenes


def _versions(image: Images, arms: int, drawn: np.random.Generator) -> Images:
    made = [image]
    for _ in range(arms - 1):
        exposure_ev, contrast, chroma = (drawn.uniform(*ends) for ends in (EXPOSURES_EV, CONTRASTS, CHROMAS))
        lit = exposed(image, exposure_ev).clamp(0, 1)
        middle = luma(lit).mean((2, 3), keepdim=True)
        made.append(chroma_times((middle + contrast * (lit - middle)).clamp(0, 1), chroma).clamp(0, 1))
    return torch.cat(made)
