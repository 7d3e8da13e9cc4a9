"""What was found, drawn on the picture: numbered patches and the region of the edge, for a person to check."""

import io

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from experiments.chart.edges import Region
from experiments.chart.placement import CENTRES, MEASURED_HALF, Placement
from isp_env.stages.output import quantise

LONG_EDGE_PX = 1400
QUALITY = 88
LINE, EDGE_LINE = (255, 255, 255), (255, 210, 0)


def overlay_jpeg(display_rgb: torch.Tensor, placement: Placement, region: Region | None) -> bytes:
    """Return the picture, at most LONG_EDGE_PX long, with the measured part of each patch outlined and numbered."""
    picture = Image.fromarray(quantise(display_rgb.numpy(), 8))
    factor = min(1.0, LONG_EDGE_PX / max(picture.size))
    picture = picture.resize((round(picture.width * factor), round(picture.height * factor)), Image.Resampling.BOX)
    draw, small = ImageDraw.Draw(picture), placement.scaled(factor)
    for patch in range(len(CENTRES)):
        _outline(draw, small.outline(patch, MEASURED_HALF), LINE)
        x, y = small.outline(patch, MEASURED_HALF)[0]
        draw.text(
            (x + 3, y + 2),
            str(patch + 1),
            fill=LINE,
            font=ImageFont.load_default(14),
            stroke_width=1,
            stroke_fill=(0, 0, 0),
        )
    if region is not None:
        left, top, right, bottom = region.left, region.top, region.left + region.width, region.top + region.height
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
        _outline(draw, corners * factor, EDGE_LINE)
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=QUALITY)
    return content.getvalue()


def _outline(draw: ImageDraw.ImageDraw, corners: np.ndarray, colour: tuple[int, int, int]) -> None:
    """A line with a dark one beside it, which shows on any patch."""
    ring = [tuple(map(float, corner)) for corner in [*corners, corners[0]]]
    draw.line(ring, fill=(0, 0, 0), width=4)
    draw.line(ring, fill=colour, width=2)
