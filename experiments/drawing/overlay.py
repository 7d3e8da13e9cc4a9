"""Attribute maps laid over the photograph: blue lowers the score, red raises it, one panel for each output."""

import threading
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter
from torch import Tensor

from attiqa_core.files.whole import replacing
from attiqa_core.judges.attribute_maps import AttributeMaps, attribute_maps
from attiqa_core.photos.images import resize_short_edge, to_images
from attiqa_core.scorer import Scorer

LEGEND = "red raises, blue lowers;\na map adds up to its value\nless the baseline\n(the average photo, or\nempty maps)"

_drawing = threading.Lock()
"""Matplotlib's text cache is not made for several threads."""


def write_overlay(scorer: Scorer, picture: Tensor, path: Path) -> Path:
    """Compute the maps of a decoded uint8 (3, height, width) picture and draw them to a PNG."""
    image = to_images(picture[None])
    maps = attribute_maps(scorer, image)
    photo = resize_short_edge(image, scorer.preprocessing.at(min(image.shape[-2:]))[0])[0]
    with _drawing:
        return draw_overlay(photo, maps, scorer.mos_range.high - scorer.mos_range.low, path)


def draw_overlay(photo: Tensor, maps: AttributeMaps, mos_span: float, path: Path) -> Path:
    """Draw photograph and maps; the MOS is in the data set's points, everything per 1 % of the picture's area."""
    height, width = photo.shape[-2:]
    panels = len(maps.names) + 1
    columns = min(4, panels)
    rows = -(-panels // columns)
    figure = Figure(figsize=(4.2 * columns, (4.2 * height / width * 0.8 + 0.45) * rows), layout="constrained", dpi=110)
    axes = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    axes[0].imshow(photo.permute(1, 2, 0).clamp(0, 1).numpy())
    axes[0].set_title("photograph")
    for axis, name, contributions, value, base in zip(
        axes[1:], maps.names, maps.contributions, maps.values.tolist(), maps.baseline.tolist(), strict=False
    ):
        span = mos_span if name == "MOS" else 1.0
        per_percent = smoothed(contributions) * span * height * width / 100
        _panel(figure, axis, photo, per_percent, "MOS points" if name == "MOS" else "score")
        axis.set_title(f"{name} {value * span:.2f}, baseline {base * span:.2f}")
    for axis in axes:
        axis.set_axis_off()
    if panels < len(axes):
        axes[-1].text(0, 0.5, LEGEND, va="center", transform=axes[-1].transAxes)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png")
    return path


def smoothed(contributions: Tensor) -> np.ndarray:
    """Return the map blurred by a Gaussian of 2 % of its longer side: single pixels of the first stages say nothing."""
    return gaussian_filter(contributions.cpu().double().numpy(), 0.02 * max(contributions.shape), mode="nearest")


def _panel(figure: Figure, axis: Axes, photo: Tensor, values: np.ndarray, unit: str) -> None:
    """A pale grey photograph under colours whose opacity grows with the contribution."""
    largest = float(np.abs(values).max()) or 1.0
    scale = Normalize(-largest, largest)
    grey = photo.mean(0).clamp(0, 1).numpy()[..., None].repeat(3, -1) * 0.6 + 0.4
    opacity = np.sqrt(np.abs(values) / largest)[..., None] * 0.85
    colours = colormaps["RdBu_r"](scale(values))[..., :3]
    axis.imshow(grey * (1 - opacity) + colours * opacity)
    bar = figure.colorbar(ScalarMappable(scale, "RdBu_r"), ax=axis, shrink=0.75, pad=0.01)
    bar.set_label(f"{unit} per 1 % of the area", fontsize=9)
