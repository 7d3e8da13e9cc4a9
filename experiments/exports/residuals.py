"""What an export leaves of a recipe, measured on the raw's own pixels: CIE Delta E 2000, mean and 95th percentile."""

from collections.abc import Mapping

import numpy as np
import torch

from attiqa_core.evaluation.colour_difference import delta_e_2000
from attiqa_core.tensors import Images
from experiments.exports.grey_axis import Curve
from experiments.exports.scene_light import base_of_each_pixel, global_only
from isp_env.fitting.lut import Cube, looked_up
from isp_env.frames.batch import FrameBatch
from isp_env.parameters.table import KNOWN
from isp_env.params import IspParams
from isp_env.pipeline import render_prepared
from isp_env.raw import RawFrame

PROXY_PX = 192  # short edge: the pixels are means of the raw's
CHANNELS = ("red", "green", "blue")

XMP_METHOD = (
    "these fields read back, rounding and limits included, and rendered by attiqa-isp's own stages, against the recipe "
    "rendered by them, on a small version of this raw; Camera Raw and Lightroom were not run"
)
CUBE_METHOD = (
    "this table on attiqa-isp's camera default, against the recipe without local stages, on a small version of this raw"
)

Residual = dict[str, float | str]


def small_batch(frame: RawFrame) -> FrameBatch:
    """Return the small version of a raw on which exports are measured."""
    return FrameBatch.stack([frame.proxy(min(PROXY_PX, min(frame.samples.shape[:2]) // 2 or 1))])


@torch.no_grad()
def residual_of_fields(
    batch: FrameBatch, params: IspParams, recipe: Mapping[str, float], curves: Mapping[str, Curve]
) -> Residual:
    """Return what is between a recipe's render and that of the recipe that its fields hold, curves on display values."""
    shown = render_prepared(batch, IspParams.from_dict(within_limits(recipe)))[0]
    return _between(with_curves(shown, curves), render_prepared(batch, params)[0], XMP_METHOD)


@torch.no_grad()
def residual_of_cube(batch: FrameBatch, params: IspParams, cube: Cube) -> Residual:
    """Return what is between the table on the default's render and the recipe's without local stages; and with them."""
    default = render_prepared(batch, IspParams.default(1))[0]
    through = looked_up(cube, default)
    without = render_prepared(batch, global_only(params), base=base_of_each_pixel(batch))[0]
    whole = render_prepared(batch, params)[0]
    local = _between(through, whole, "")
    return _between(through, without, CUBE_METHOD) | {"mean_with_local_stages": local["mean_delta_e_2000"]}


def within_limits(recipe: Mapping[str, float]) -> dict[str, float]:
    """Return a recipe whose values are what the stages take: kelvin and tint may ask for a whiter white than they do."""
    return {name: min(max(value, KNOWN[name].limits[0]), KNOWN[name].limits[1]) for name, value in recipe.items()}


def with_curves(display_rgb: Images, curves: Mapping[str, Curve]) -> Images:
    """Return display pictures through the curve of all channels and that of each."""
    planes = display_rgb.numpy()
    if "all" in curves:
        planes = np.interp(planes, *curves["all"])
    each = [
        np.interp(planes[:, place], *curves[name]) if name in curves else planes[:, place]
        for place, name in enumerate(CHANNELS)
    ]
    return torch.from_numpy(np.stack(each, 1)).float()


def _between(one: Images, other: Images, method: str) -> Residual:
    delta = delta_e_2000(one.double(), other.double())
    return {
        "mean_delta_e_2000": round(float(delta.mean()), 3),
        "p95_delta_e_2000": round(float(np.percentile(delta, 95)), 3),
        "method": method,
    }
