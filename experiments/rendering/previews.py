"""Small pictures of the camera default, which the gallery shows beside the result."""

from pathlib import Path, PurePath

import torch

from experiments.options.render_folder import BEFORE
from experiments.pictures.writing import save_picture
from isp_env.frame_batch import FrameBatch
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame

BEFORE_PX = 1024  # short edge


def keep_before(out: Path, place: PurePath, frame: RawFrame, device: torch.device) -> None:
    """Write a raw's camera default, small, into `out`'s folder of such pictures."""
    edge = min(BEFORE_PX, min(frame.samples.shape[:2]))
    (picture,) = small_renders(frame, edge, device, IspParams.default(1))
    path = before_of(out, place)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_picture(path, picture, metadata={})


@torch.no_grad()
def small_renders(frame: RawFrame, edge_px: int, device: torch.device, *settings: IspParams) -> list[torch.Tensor]:
    """Return a picture of the frame's proxy of that short edge for each of the settings: (3, H, W) display sRGB on the CPU."""
    batch = FrameBatch.stack([frame.proxy(edge_px)], device)
    return [render(batch, params.to(device))[0].cpu() for params in settings]


def before_of(out: Path, place: PurePath) -> Path:
    """Return where it lies."""
    return out / BEFORE / f"{place}.jpg"
