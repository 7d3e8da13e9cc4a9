"""What each control does at its ends, as people see it: `python -m experiments.isp_quality.effect_table RAWS...`.

Mean CIE Delta E 2000 against the camera default, over the raws; half the proxy, half its native-resolution crops, as the
environment looks at them. Prints the Markdown table of docs/parameters.md.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import colour
import numpy as np
import torch

from isp_env.crops import CropBatch
from isp_env.frame_batch import FrameBatch
from isp_env.loading import read_frames
from isp_env.params import PARAMETERS, IspParams, Parameter
from isp_env.pipeline import clarity_base, render_prepared, scene_map
from isp_env.raw import RawFrame
from isp_env.raw_io.raw_files import find_raws

PROXY_PX, CROPS = 288, 2


def main(arguments: Sequence[str]) -> None:
    failures: list[str] = []
    frames = read_frames(find_raws([Path(each) for each in arguments]), failures)
    print(table(list(map(lambda frame: frame.proxy(PROXY_PX, square=True, crops=CROPS), frames))))  # noqa: C417


def table(proxies: Sequence[RawFrame]) -> str:
    """Return the Markdown table of the mean Delta E at the low and the high end of every control."""
    lines = ["| control | low | Delta E | high | Delta E |", "| --- | --- | --- | --- | --- |"]
    for parameter in PARAMETERS:
        low, high = (effect(proxies, parameter, end) for end in (parameter.low, parameter.high))
        lines.append(f"| `{parameter.name}` | {parameter.low:g} | {low:.1f} | {parameter.high:g} | {high:.1f} |")
    return "\n".join(lines)


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
    return float(np.mean([_delta_e(before, after) for before, after in zip(*pictures, strict=True)]))


def _delta_e(one: torch.Tensor, other: torch.Tensor) -> float:
    labs = [
        colour.XYZ_to_Lab(colour.sRGB_to_XYZ(each.permute(0, 2, 3, 1).reshape(-1, 3).numpy())) for each in (one, other)
    ]
    return float(colour.delta_E(*labs, method="CIE 2000").mean())


if __name__ == "__main__":
    main(sys.argv[1:])
