"""The tools on a batch, one of each operation and of each size of network: factors cost alike, and so do networks of one shape."""

import torch

from experiments.timings import Row, median_seconds
from isp_env.tools.catalogue import find_tools
from isp_env.tools.tool import Tool

COUNT, SIDE_PX = 16, 224
ONE_OF_EACH = (
    "brightness+0.15", "contrast*1.25", "gamma^0.45", "power^0.45", "hue+0.2", "saturation*1.4",
    "sharpen", "box-3", "gaussian-3", "bilateral", "equalise", "clahe", "grey-world",
    "denoise-3", "denoise-8", "exposure-3", "exposure-8", "white-balance-3", "white-balance-8", "colour-tone-3", "colour-tone-8",
)  # fmt: skip


def measure(repeats: int, device: torch.device, count: int = COUNT, side_px: int = SIDE_PX) -> list[Row]:
    """Megapixels per second of each tool without gradients, a batch at once, and how much faster than picture by picture."""
    images = torch.rand(count, 3, side_px, side_px, device=device)
    megapixels = count * side_px**2 / 1e6
    rows = []
    for tool in find_tools(ONE_OF_EACH):

        def one_by_one(tool: Tool = tool) -> None:
            for image in images.split(1):
                tool(image)

        with torch.no_grad():
            loop = median_seconds(one_by_one, repeats, device)
            batch = median_seconds(lambda tool=tool: tool(images), repeats, device)
        what = f"tool {tool.name}, {count} of {side_px} px"
        rows.append(Row(what, megapixels / batch, "MP/s", f"{loop / batch:.1f}x one picture at a time"))
    return rows
