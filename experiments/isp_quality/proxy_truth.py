"""How true proxies are, raw by raw, as two Markdown tables: their renders against the area-averaged full-size render, and
how much of what fine controls do at full size shows in proxy and crops.

`python -m experiments.isp_quality.proxy_truth RAWS... [--vectors 20] [--px 288] [--seed 0] [--only NAMES]`. Colour-science, a
package of the tests, is needed for CIE Delta E 2000 and 1976.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import colour
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.srgb import lab_from_srgb, linear_from_srgb, srgb_from_linear
from attiqa_core.tensors import Images, ResizedImages
from experiments.paper.markdown import grid
from isp_env.frames.batch import FrameBatch
from isp_env.params import NAMES, PARAMETERS, IspParams
from isp_env.pipeline import clarity_base, render, scene_map
from isp_env.proxies.area import area_weights
from isp_env.proxies.crops import CropBatch
from isp_env.proxies.proxy import centre_square
from isp_env.raw import RawFrame
from isp_env.raw_io.find import find_raws
from isp_env.raw_io.loading import read_frames
from isp_env.reward_weights import RewardWeights
from isp_env.task import Task
from isp_env.tiles import render_full

HEADS = ("raw", "parameters", "dE 2000", "95 %", "dE 1976", "display-averaged dE 2000")


FINE = {"sharpen": 1.0, "denoise_luma": 1.0, "denoise_chroma": 1.0}
FINE_HEADS = ("raw", "parameter", "full size", "proxy", "crops", "proxy with crops", "of full size")
FineRow = tuple[str, str, list[float]]
"""Raw, parameter, and the changes that it makes."""


@dataclass(frozen=True)
class Truth:
    """CIE Delta E between a proxy's render and the full-size render averaged in linear light, and in display values."""

    mean_2000: float
    high_2000: float
    mean_1976: float
    display_2000: float

    @classmethod
    def of(cls, frame: RawFrame, proxy: RawFrame, params: IspParams) -> "Truth":
        """Return it for one row of parameters."""
        small, full = render(proxy, params), render_full(frame, params)[None]
        top, left, bottom, right = centre_square(frame)
        full = full[:, :, top:bottom, left:right]
        linear = srgb_from_linear(area_averaged(linear_from_srgb(full), small.shape[-1])).clamp(0, 1)
        display = area_averaged(full, small.shape[-1])
        de_2000 = delta_e(small, linear, "CIE 2000")
        return cls(
            float(de_2000.mean()),
            float(np.quantile(de_2000, 0.95)),
            float(delta_e(small, linear, "CIE 1976").mean()),
            float(delta_e(small, display, "CIE 2000").mean()),
        )

    @classmethod
    def mean(cls, found: "Sequence[Truth]") -> "Truth":
        """Return the means."""
        return cls(*np.mean([list(vars(each).values()) for each in found], 0).tolist())

    def cells(self) -> list[str]:
        return [f"{value:.2f}" for value in vars(self).values()]


def area_averaged(images: Images, edge: int) -> ResizedImages:
    """Return square pictures at another size."""
    weights = torch.from_numpy(area_weights(images.shape[-1], edge))
    return weights @ images @ weights.T


def delta_e(one: Images, other: Images, method: str) -> np.ndarray:
    """Return the colour difference of each pixel of display sRGB pictures and their counterparts."""
    labs = (lab_from_srgb(each.double()).permute(0, 2, 3, 1).numpy() for each in (one, other))
    return colour.delta_E(*labs, method=method)


def random_actions(kind: str, count: int, seed: int, names: Sequence[str] = NAMES) -> Float[Tensor, "count parameters"]:
    """Return actions drawn "uniform" over the box, or "usual": normal about the identity with the parameters' spread.

    Parameters that `names` leaves out stay at identity.
    """
    generator = torch.Generator().manual_seed(seed)
    identity = IspParams.identity_action()
    if kind == "uniform":
        drawn = 2 * torch.rand(count, len(PARAMETERS), generator=generator) - 1
    else:
        step = torch.tensor([each.usual_spread for each in PARAMETERS]) * torch.randn(
            count, len(PARAMETERS), generator=generator
        )
        drawn = (identity + torch.where(identity == -1, step.abs(), step)).clamp(-1, 1)
    return torch.where(torch.tensor([name in names for name in NAMES]), drawn, identity)


def rows_of(frame: RawFrame, px: int, draws: dict[str, Tensor]) -> list[list[str]]:
    """Return the table's rows of one raw: identity, then the mean over each kind of draws."""
    proxy = frame.proxy(px, square=True)
    rows = [[frame.name, "identity", *Truth.of(frame, proxy, IspParams.default(1)).cells()]]
    for kind, actions in draws.items():
        found = [Truth.of(frame, proxy, IspParams.from_action(action[None])) for action in actions]
        rows.append([frame.name, f"{len(actions)} {kind}", *Truth.mean(found).cells()])
    return rows


def fine_rows_of(frame: RawFrame, px: int, crops: int) -> list[FineRow]:
    """Return for each fine control the mean change, in 8-bit steps, of the full-size square, the proxy, its crops, and proxy
    and crops together, each half as in the default reward."""
    proxy = frame.proxy(px, square=True, crops=crops)
    top, left, bottom, right = centre_square(frame)

    def seen(params: IspParams) -> tuple[Tensor, Tensor, Tensor]:
        batch = FrameBatch.stack([proxy])
        base = clarity_base(batch, params, scene_map(batch, params, "camera"))
        of_crops = CropBatch.stack([proxy]).render(torch.tensor([0]), params, base)
        return render_full(frame, params)[:, top:bottom, left:right], render(batch, params), of_crops

    default = seen(IspParams.default(1))
    rows: list[FineRow] = []
    for name, value in FINE.items():
        changed = seen(IspParams.from_dict({name: value}))
        full, whole, fine = (255 * float((a - b).abs().mean()) for a, b in zip(changed, default, strict=True))
        share = RewardWeights.crop_share
        rows.append((frame.name, name, [full, whole, fine, (1 - share) * whole + share * fine]))
    return rows


def fine_table(rows: Sequence[FineRow]) -> list[str]:
    """Return the rows and their means over the raws, as a table."""
    means = [("mean", name, np.mean([row[2] for row in rows if row[1] == name], 0).tolist()) for name in FINE]
    cells = [
        [raw, name, *(f"{value:.3f}" for value in changes), f"{changes[-1] / changes[0]:.2f}"]
        for raw, name, changes in [*rows, *means]
    ]
    return grid(FINE_HEADS, cells)


@torch.no_grad()
def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raws", nargs="+", type=Path)
    parser.add_argument("--vectors", type=int, default=20)
    parser.add_argument("--px", type=int, default=288)
    parser.add_argument("--crops", type=int, default=Task.crops, choices=(1, 2, 3))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=NAMES, choices=NAMES, help="parameters that are drawn")
    given = parser.parse_args(arguments)
    kinds = ("usual", "uniform") if given.vectors else ()
    draws = {kind: random_actions(kind, given.vectors, given.seed, given.only) for kind in kinds}
    rows: list[list[str]] = []
    fine_rows: list[FineRow] = []
    for frame in read_frames(find_raws(given.raws), []):
        rows += rows_of(frame, given.px, draws)
        fine_rows += fine_rows_of(frame, given.px, given.crops)
    print("\n".join([*grid(HEADS, rows), "", *fine_table(fine_rows)]))


if __name__ == "__main__":
    main()
