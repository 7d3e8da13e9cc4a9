"""The distance that fits descend, descended by three searches for as much process time as the first takes."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from cmaes import CMA

from attiqa_core.tensors import PerImage
from experiments.isp_quality.fit_references import PROXY_PX, libraw_picture, rendered
from experiments.paper.markdown import grid
from isp_env.fitting.descent import descend
from isp_env.fitting.distance import bounded
from isp_env.fitting.fit import MANY
from isp_env.fitting.problem import Problem
from isp_env.fitting.residuals import Residual
from isp_env.fitting.search_space import DETAIL, Points, SearchSpace
from isp_env.fitting.views import Pair, Views
from isp_env.parameters.profiles import CORE
from isp_env.params import IspParams
from isp_env.raw import RawFrame

LEARNING_RATE, CMA_STEP = 0.05, 0.25  # in half widths of a range, as the tuners of agents have them


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
            made = rendered(pair, problem.params(point))
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
