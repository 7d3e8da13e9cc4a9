"""How near `isp_env.fitting` comes, as Markdown tables: `python -m experiments.isp_quality.fit_table RAWS... [--only NAMES]`.

"planted": parameters drawn with their usual spread, rendered at full size and by the proxy itself, and found again; errors in half
widths of a parameter's range. "pictures": LibRaw's own rendering (AHD, its sRGB), our render in looks that the fitted profile has no
parameter for, and the camera default through a tone curve of sixteen drawn steps; proxies alone, so that sharpening and denoising
stay. Mean Delta E 2000 after the parameters, and after a curve and a 3D table on top, both judged where they were not fitted:
"image", on squares of a chessboard over each picture in turn, and "set", fitted on the other scenes. "search": the same distance
descended by damped least squares, by Adam through the ISP's own gradient and by CMA-ES, each for as much process time as the first
takes; proxies alone.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from experiments.isp_quality.fit_references import PROXY_PX, REFERENCES, drawn, rendered
from experiments.isp_quality.fit_search import search_table
from experiments.paper.markdown import grid
from isp_env.contexts.scenes import scene_finder
from isp_env.fitting.correction import CorrectionRecipe, held_out_stages
from isp_env.fitting.fit import FitRecipe, fit_each
from isp_env.fitting.matching import Picture
from isp_env.fitting.residuals import Residual
from isp_env.fitting.search_space import SearchSpace
from isp_env.fitting.views import Pair
from isp_env.parameters.profiles import CORE, PROFILES
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.raw_io.find import find_raws
from isp_env.raw_io.loading import read_frames
from isp_env.tiles import render_full

TABLES = ("planted", "pictures", "search")
LUT = 17
ON_TOP = {"curve": CorrectionRecipe("channels"), "curve and 3D table": CorrectionRecipe("channels", LUT)}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="How near fits come")
    parser.add_argument("raws", nargs="+", type=Path)
    parser.add_argument("--only", nargs="+", choices=TABLES, default=TABLES)
    parser.add_argument("--scene", default="^([A-Z0-9]+)_", help="pattern whose first group is a raw's scene")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # process time is the time of one thread
    frames = list(read_frames(find_raws(options.raws), []))
    tables: dict[str, Callable[[], str]] = {
        "planted": lambda: planted_table(frames, options.seed),
        "pictures": lambda: pictures_table(frames, options.scene, options.seed),
        "search": lambda: search_table(frames),
    }
    for name in options.only:
        print(f"\n{name}, {len(frames)} raws\n\n{tables[name]()}", flush=True)


def planted_table(frames: Sequence[RawFrame], seed: int) -> str:
    """Return median and largest error of every parameter of core, and what is left, of references rendered both ways."""
    errors: dict[str, list[Tensor]] = {"by the proxy": [], "at full size": []}
    left: dict[str, list[float]] = {name: [] for name in errors}
    space = SearchSpace.of(CORE)
    for frame in frames:
        true = drawn(frame, CORE, seed)
        pair = Pair.of(frame, render_full(frame, true), PROXY_PX)
        for name, each in {"at full size": pair, "by the proxy": replace(pair, reference=rendered(pair, true))}.items():
            (found,) = fit_each([each], FitRecipe())
            errors[name].append((space.point(found.params) - space.point(true.to_dicts()[0])).abs())
            made = rendered(pair, IspParams.from_dict(dict(found.params)))
            left[name].append(Residual.of(made, each.reference).delta_e)
    tables = {name: torch.stack(each) for name, each in errors.items()}
    rows = []
    for place, parameter in enumerate(space.free):
        cells = [f"{value:.3f}" for each in tables.values() for value in _spread(each[:, place])]
        rows.append([f"`{parameter}`", *cells])
    rows.append(["Delta E 2000 left", *(f"{v:.2f}" for each in left.values() for v in _spread(torch.tensor(each)))])
    heads = [f"{name}, {word}" for name in tables for word in ("median", "largest")]
    return "\n".join(grid(("error, half ranges", *heads), rows))


def _spread(values: Tensor) -> tuple[float, float]:
    return float(values.quantile(0.5)), float(values.max())


def pictures_table(frames: Sequence[RawFrame], scene: str, seed: int) -> str:
    """Return mean Delta E 2000 after each stage, and PSNR and SSIM after the parameters, for every kind of reference."""
    scenes = [scene_finder(scene)(frame.name) for frame in frames]
    heads = (
        "reference",
        "fitted",
        "camera default",
        "parameters",
        "95 %",
        "PSNR",
        "SSIM",
        *_held_out_heads(),
        "s each",
    )
    rows = [
        _pictures_row(frames, scenes, reference, profile, make, seed)
        for (reference, profile), make in REFERENCES.items()
    ]
    return "\n".join(grid(heads, rows))


def _held_out_heads() -> list[str]:
    return [f"{name}, {where}" for where in ("image", "set") for name in ON_TOP]


def _pictures_row(
    frames: Sequence[RawFrame],
    scenes: Sequence[str],
    reference: str,
    profile: str,
    make: Callable[[RawFrame, int], Picture],
    seed: int,
) -> list[str]:
    before, found, wanted, began = [], [], [], 0.0
    for frame in frames:
        pair = replace(Pair.of(frame, make(frame, seed), PROXY_PX), crops=None)
        start = time.process_time()
        (fitted,) = fit_each([pair], FitRecipe(PROFILES[profile]))
        began += time.process_time() - start
        before.append(rendered(pair, IspParams.default(1)))
        found.append(rendered(pair, IspParams.from_dict(dict(fitted.params), profile=PROFILES[profile])))
        wanted.append(pair.reference)
    left = [Residual.of(*each) for each in zip(found, wanted, strict=True)]
    means = [np.mean([getattr(each, name) for each in left]) for name in ("delta_e", "delta_e_95", "psnr", "ssim")]
    cells = [f"{_delta_e(before, wanted):.2f}", *(f"{v:.2f}" for v in means[:3]), f"{means[3]:.4f}"]
    for of_set in (False, True):
        cells += [f"{_delta_e(_on_top(found, wanted, scenes, each, of_set), wanted):.2f}" for each in ON_TOP.values()]
    return [reference, profile, *cells, f"{began / len(frames):.1f}"]


def _on_top(
    found: Sequence[Picture], wanted: Sequence[Picture], scenes: Sequence[str], recipe: CorrectionRecipe, of_set: bool
) -> list[Picture]:
    if of_set:
        return [stages[-1] for stages in held_out_stages(found, wanted, recipe, scenes)[0]]
    pairs = zip(found, wanted, strict=True)
    return [held_out_stages([one], [other], recipe, [""])[0][0][-1] for one, other in pairs]


def _delta_e(pictures: Sequence[Picture], wanted: Sequence[Picture]) -> float:
    return float(np.mean([Residual.of(*each).delta_e for each in zip(pictures, wanted, strict=True)]))


if __name__ == "__main__":
    main()
