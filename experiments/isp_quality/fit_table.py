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
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import rawpy
import torch
from cmaes import CMA
from torch import Tensor

from attiqa_core.tensors import PerImage
from experiments.paper.markdown import grid
from isp_env.fitting.correction import CorrectionRecipe, held_out_stages
from isp_env.fitting.curve import PIECES, DisplayCurve
from isp_env.fitting.descent import descend
from isp_env.fitting.distance import bounded
from isp_env.fitting.fit import MANY, FitRecipe, fit_each
from isp_env.fitting.matching import Picture
from isp_env.fitting.problem import Problem
from isp_env.fitting.residuals import Residual
from isp_env.fitting.search_space import DETAIL, Points, SearchSpace
from isp_env.fitting.views import Pair, Views
from isp_env.loading import read_frames
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.profiles import CORE, PROFILES, Profile
from isp_env.raw import RawFrame
from isp_env.raw_io.find import find_raws
from isp_env.scenes import scene_finder
from isp_env.tiles import render_full

TABLES = ("planted", "pictures", "search")
PROXY_PX = 160
LEARNING_RATE, CMA_STEP = 0.05, 0.25  # in half widths of a range, as the tuners of agents have them
LUT = 17
DRAWN_STEEPNESS = 0.8  # standard deviation of log2 of the slopes of sixteen steps
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


def drawn(frame: RawFrame, profile: Profile, seed: int, factor: float = 1.0) -> IspParams:
    """Return parameters drawn for a raw: normal about identity, their usual spread, within the ranges."""
    spread = torch.tensor([parameter.usual_spread for parameter in profile.parameters])
    generator = generator_of(frame, seed)
    action = factor * spread * torch.randn(1, len(spread), generator=generator)
    return IspParams.from_action(action.clamp(-1, 1), profile)


def generator_of(frame: RawFrame, seed: int) -> torch.Generator:
    """Return what draws for a raw: it depends on no other raw."""
    return torch.Generator().manual_seed(seed + zlib.crc32(frame.name.encode()))


def planted_table(frames: Sequence[RawFrame], seed: int) -> str:
    """Return median and largest error of every parameter of core, and what is left, of references rendered both ways."""
    errors: dict[str, list[Tensor]] = {"by the proxy": [], "at full size": []}
    left: dict[str, list[float]] = {name: [] for name in errors}
    space = SearchSpace.of(CORE)
    for frame in frames:
        true = drawn(frame, CORE, seed)
        pair = Pair.of(frame, render_full(frame, true), PROXY_PX)
        for name, each in {"at full size": pair, "by the proxy": replace(pair, reference=_render(pair, true))}.items():
            (found,) = fit_each([each], FitRecipe())
            errors[name].append((space.point(found.params) - space.point(true.to_dicts()[0])).abs())
            made = _render(pair, IspParams.from_dict(dict(found.params)))
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


@torch.no_grad()
def _render(pair: Pair, params: IspParams) -> Picture:
    return render(pair.proxy, params)[0]


def libraw_picture(frame: RawFrame, seed: int) -> Picture:
    """Return what LibRaw makes of a raw: AHD, the camera's white balance, its own brightness, sRGB."""
    with rawpy.imread(frame.path) as raw:
        pixels = raw.postprocess(demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD, use_camera_wb=True, output_bps=16)
    return torch.from_numpy(pixels.astype(np.float32) / 65535).permute(2, 0, 1).contiguous()


def drawn_picture(profile: str, factor: float = 1.0) -> Callable[[RawFrame, int], Picture]:
    """Return what renders a raw with parameters of another profile, drawn."""
    return lambda frame, seed: render_full(frame, drawn(frame, PROFILES[profile], seed, factor))


def stepped_picture(frame: RawFrame, seed: int) -> Picture:
    """Return the camera default through a rising curve of sixteen pieces, each of a drawn slope."""
    rises = (DRAWN_STEEPNESS * torch.randn(PIECES, generator=generator_of(frame, seed))).exp2()
    values = torch.cat([torch.zeros(1), rises.cumsum(0) / rises.sum()])
    return DisplayCurve("channels", values.expand(3, -1)).applied(render_full(frame, IspParams.default(1))[None])[0]


REFERENCES: dict[tuple[str, str], Callable[[RawFrame, int], Picture]] = {
    ("LibRaw, AHD", "core"): libraw_picture,
    ("LibRaw, AHD", "core+curve"): libraw_picture,
    ("our linear look", "core"): lambda frame, seed: render_full(frame, IspParams.default(1), look="linear"),
    ("core+curve, drawn", "core"): drawn_picture("core+curve"),
    ("exposure8, drawn", "core"): drawn_picture("exposure8"),
    ("sixteen steps", "core"): stepped_picture,
    ("sixteen steps", "core+curve"): stepped_picture,
}


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
        before.append(_render(pair, IspParams.default(1)))
        found.append(_render(pair, IspParams.from_dict(dict(fitted.params), profile=PROFILES[profile])))
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


def search_table(frames: Sequence[RawFrame]) -> str:
    """Return what each search leaves of LibRaw's pictures in the time that Gauss and Newton's steps take: distance and Delta E 2000."""
    left: dict[str, list[tuple[float, float, float]]] = {}
    space = SearchSpace.of(CORE, without=DETAIL)
    for frame in frames:
        pair = Pair.of(frame, libraw_picture(frame, 0), PROXY_PX)
        start = torch.zeros(1, len(space.free))
        problem = Problem(space, [Views.stack([pair])], IspParams.default(1), start)
        began = time.process_time()
        newton = descend(problem, start, MANY).points
        seconds = time.process_time() - began
        points = {"least squares": (newton, seconds)}
        points["Adam"] = timed(adam, problem, start, seconds)
        points["CMA-ES"] = timed(cma, problem, start, seconds)
        points["CMA-ES, ten times as long"] = timed(cma, problem, start, 10 * seconds)
        for name, (point, spent) in points.items():
            made = _render(pair, problem.params(point))
            figures = float(problem.distances(point)), Residual.of(made, pair.reference).delta_e, spent
            left.setdefault(name, []).append(figures)
    rows = []
    for name, figures in left.items():
        distance, delta_e, spent = np.mean(figures, 0)
        won = np.mean([one[0] < other[0] for one, other in zip(left["least squares"], figures, strict=True)])
        rows.append([name, f"{spent:.2f}", f"{distance:.2f}", f"{delta_e:.2f}", f"{100 * won:.0f} %"])
    heads = ("search", "process seconds", "distance", "Delta E 2000", "least squares is nearer on")
    return "\n".join(grid(heads, rows))


def timed(search: Callable[..., Points], problem: Problem, start: Points, seconds: float) -> tuple[Points, float]:
    """Return what a search finds until so much process time is spent, and how much it was."""
    began = time.process_time()
    return search(problem, start, began + seconds), time.process_time() - began


def adam(problem: Problem, start: Points, until: float) -> Points:
    """Return the best point on the way of Adam, projected into the bounds, by the gradient through the ISP."""
    (views,), space = problem.views, problem.space
    points = start.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([points], lr=LEARNING_RATE)
    best, lowest = start, float("inf")
    place = torch.zeros(1, dtype=torch.long)
    while time.process_time() < until:
        with torch.enable_grad():
            distance: PerImage = bounded(views.rendered(place, problem.params(points)) - views.wanted, views.weights)[0]
            optimizer.zero_grad()
            distance.sum().backward()
        if float(distance.detach()) < lowest:
            best, lowest = points.detach().clone(), float(distance.detach())
        optimizer.step()
        with torch.no_grad():
            points.clamp_(space.low, space.high)
    return best


def cma(problem: Problem, start: Points, until: float) -> Points:
    """Return the best point that CMA-ES has met. Source: Hansen 2016; the package `cmaes`."""
    space = problem.space
    strategy = CMA(start[0].double().numpy(), CMA_STEP, bounds=torch.stack([space.low, space.high], 1).double().numpy(), seed=0)  # fmt: skip
    best, lowest = start, float("inf")
    while time.process_time() < until:
        told = []
        for _ in range(strategy.population_size):
            asked = strategy.ask()
            point = torch.from_numpy(asked).float()[None]
            value = float(problem.distances(point))
            told.append((asked, value))
            if value < lowest:
                best, lowest = point, value
        strategy.tell(told)
    return best


if __name__ == "__main__":
    main()
