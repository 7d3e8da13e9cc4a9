"""What a tool does for pictures that it never saw: PSNR before and after, at stated severities and on clean ones."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from attiqa_core.evaluation.psnr import psnr_db
from attiqa_core.photos.images import Picture, centre_crop, resize_short_edge, to_images
from attiqa_core.tensors import Images, PerImage
from isp_env.tools.defects import DEFECTS
from isp_env.tools.tool import Tool

SEVERITIES = (0.0, 0.25, 0.5, 1.0)
"""0 is a clean picture."""
HIGHEST_DB = 100.0
"""Of a picture that is the same but for errors below a hundred-thousandth."""


def middles(photos: Sequence[Picture], size: int, *, whole: bool) -> Images:
    """Return the middle of each photo, `size` px a side: at its own pixels, or of all that the short edge holds."""
    parts = [centre_crop(photo[None], size if not whole else min(photo.shape[1:])) for photo in photos]
    return torch.cat([to_images(resize_short_edge(part, size)) for part in parts])


@torch.no_grad()
def before_and_after(tool: Tool, defect: str, photos: Images, seed: int = 0) -> dict[str, dict[str, float]]:
    """Return for each severity, as "0.25", the mean PSNR with the defect ("before") and once the tool has acted ("after").

    `better` is the share of the photos that the tool brought nearer, "worst" the lowest PSNR after it.
    """
    rows = {}
    for severity in SEVERITIES:
        spoiled = DEFECTS[defect].plant(photos, photos.new_full((len(photos),), severity), np.random.default_rng(seed))
        mended = torch.cat([tool(each) for each in spoiled.split(1)])
        before, after = (psnr_db(each, photos, HIGHEST_DB) for each in (spoiled, mended))
        rows[f"{severity:g}"] = {
            "before": float(before.mean()),
            "after": float(after.mean()),
            "worst": float(after.min()),
            "better": float((after > before).float().mean()),
        }
    return rows


def tool_of(net: nn.Module, name: str, kind: str) -> Tool:
    """Return a network in memory as a tool, on its own device."""
    device = next(net.parameters()).device

    def apply(images: Images, strength: PerImage | None) -> Images:
        given = images.new_ones(len(images)) if strength is None else strength
        return net(images.to(device), given.to(device)).to(images.device)

    return Tool(name, kind, apply)
