"""What each control does at its ends, as people see it: `python -m experiments.isp_quality.effect_table RAWS...`.

Mean CIE Delta E 2000 against the camera default, over the raws; half the proxy, half its native-resolution crops, as the
environment looks at them. Prints the Markdown table of docs/parameters.md.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from experiments.isp_quality.proxy_truth import delta_e
from experiments.paper.markdown import grid
from isp_env.frames.batch import FrameBatch
from isp_env.params import PARAMETERS, IspParams, Parameter
from isp_env.pipeline import clarity_base, render_prepared, scene_map
from isp_env.proxies.crops import CropBatch
from isp_env.raw import RawFrame
from isp_env.raw_io.find import find_raws
from isp_env.raw_io.loading import read_frames

PROXY_PX, CROPS = 288, 2


def main(arguments: Sequence[str]) -> None:
    failures: list[str] = []
    frames = read_frames(find_raws([Path(each) for each in arguments]), failures)
    print(table(list(map(lambda frame: frame.proxy(PROXY_PX, square=True, crops=CROPS), frames))))  # noqa: C417


def table(proxies: Sequence[RawFrame]) -> str:
    """Return the Markdown table of the mean Delta E at the low and the high end of every control."""
    rows = []
    for parameter in PARAMETERS:
        ends = (parameter.low, parameter.high)
        cells = [cell for end in ends for cell in (f"{end:g}", f"{effect(proxies, parameter, end):.1f}")]
        rows.append([f"`{parameter.name}`", *cells])
    return "\n".join(grid(("control", "low", "Delta E", "high", "Delta E"), rows))


def effect(proxies: Sequence[RawFrame], parameter: Parameter, value: float) -> float:
    """Return the mean Delta E 2000 of one control at `value` against the camera default."""
    changed = IspParams.from_dict({parameter.name: value} | _needed(parameter))
    plain = IspParams.from_dict(_needed(parameter))
    return float(np.mean([difference(proxy, plain, changed) for proxy in proxies]))


def _needed(parameter: Parameter) -> dict[str, float]:
    """What else has to be on: a radius of sharpening shows only in sharpening."""
    return {"sharpen": 0.5} if parameter.name == "sharpen_radius_px" else {}


@torch.no_grad()
def difference(proxy: RawFrame, one: IspParams, other: IspParams) -> float:
    """Return the mean Delta E 2000 between two renders of a proxy and its crops, half and half."""
    batch = FrameBatch.stack([proxy])
    crops = CropBatch.stack([proxy])
    pictures = []
    for params in (one, other):
        base = clarity_base(batch, params, scene_map(batch, params, "camera"))
        pictures.append(
            (render_prepared(batch, params)[0], crops.render(torch.zeros(1, dtype=torch.long), params, base))
        )
    return float(np.mean([delta_e(before, after, "CIE 2000").mean() for before, after in zip(*pictures, strict=True)]))


if __name__ == "__main__":
    main(sys.argv[1:])
