"""Small pictures of the camera default, which the gallery shows beside the result."""

from pathlib import Path, PurePath

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.srgb import linear_from_srgb
from experiments.options.render_folder import BEFORE
from experiments.pictures.finished import of_light
from experiments.pictures.writing import save_picture
from isp_env.colorimetry.output_space import SRGB
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.tiles import render_quantised

BEFORE_PX = 1024  # short edge
LIGHT_OF_BYTES = linear_from_srgb(torch.arange(256) / 255).numpy()
"""By table, and not for each of twelve million pixels."""


def keep_before(out: Path, place: PurePath, frame: RawFrame, device: torch.device) -> None:
    """Write a raw's camera default, small, into `out`'s folder of such pictures."""
    (picture,) = small_pictures(frame, BEFORE_PX, device, IspParams.default(1))
    path = before_of(out, place)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_picture(path, picture, metadata={})


def small_pictures(frame: RawFrame, edge_px: int, device: torch.device, *settings: IspParams) -> list[torch.Tensor]:
    """Return the frame's full-size picture under each of the settings, made small: (3, H, W) display sRGB on the CPU.

    A render of the frame's proxy would be another picture, most of all where denoising is taken back and light is no more than
    its noise; this is to show what lies in the folder.
    """
    return [made_small(render_quantised(frame, params, bits=8, device=device), edge_px) for params in settings]


def made_small(pixels: np.ndarray, edge_px: int) -> Float[Tensor, "3 height width"]:
    """Return a picture of 8-bit sRGB, (H, W, 3), with a short edge of at most so many pixels, in [0, 1]."""
    height, width = pixels.shape[:2]
    share = min(1.0, edge_px / min(height, width))
    if share == 1:
        return torch.from_numpy(pixels).permute(2, 0, 1) / 255
    planes = (LIGHT_OF_BYTES[pixels[..., channel]] for channel in range(3))
    return of_light(planes, (round(height * share), round(width * share)), SRGB)


def before_of(out: Path, place: PurePath) -> Path:
    """Return where it lies."""
    return out / BEFORE / f"{place}.jpg"
