"""CMA-ES: the search to beat where nothing is known of a function's inside, over all parameters of each raw at once.

Source: Hansen 2016, The CMA evolution strategy: a tutorial; the package `cmaes` (Nomura and Shibata 2024).
"""

import math
import zlib
from collections.abc import Callable, Sequence

import numpy as np
import torch
from cmaes import CMA
from jaxtyping import Float
from torch import Tensor

from agents.baselines.search import values_of
from agents.tuner import first_state, pictures
from attiqa_core.tensors import PerImage
from isp_env.core import Actions, IspCore, Task
from isp_env.params import IspParams

STEP = 0.25
"""First standard deviation, in units of the action: a quarter of the way from identity to an end."""
FEWEST_GENERATIONS = 6
"""A budget too small for so many generations of the usual size gets smaller ones: the strategy learns between them."""
SMALLEST_POPULATION = 4


class CmaTuner:
    """A strategy of its own for each raw, from the camera default; the best point that it met by the value it climbs.

    What is drawn depends on the seed and the raw's name alone, so that no raw's answer depends on its neighbours'.
    """

    looks = True

    def __init__(self, queries: int, task: Task, seed: int = 0):
        self.queries, self.renders, self.seed = queries, pictures(queries, task), seed
        self.name = f"cma-{queries}"

    def tune(self, core: IspCore) -> IspParams:
        start, values = core.identity.repeat(len(core), 1), first_state(core).terms.sum(1)
        everyone = torch.arange(len(core), device=core.device)

        def asked(actions: Float[Tensor, "raws points controls"]) -> Float[Tensor, "raws points"]:
            return values_of(core, everyone, actions)

        best = search_each(asked, start, values, self.queries - 1, core.names, self.seed)
        return core.params(best).to("cpu")


def search_each(
    values_of_points: Callable[[Float[Tensor, "raws points controls"]], Float[Tensor, "raws points"]],
    start: Actions,
    values: PerImage,
    queries: int,
    names: Sequence[str],
    seed: int,
) -> Actions:
    """Return for each raw the best of so many queries and of where it starts, whose values are known: each raw has a strategy of
    its own about its start, drawn by the seed and its name."""
    size = population(queries + 1, start.shape[1])
    strategies = [
        _strategy(each, size, seed + zlib.crc32(name.encode())) for each, name in zip(start, names, strict=True)
    ]
    best, everyone, left = start, torch.arange(len(start), device=start.device), queries
    while left > 0:
        asked = min(left, strategies[0].population_size)
        points = np.stack([[each.ask() for _ in range(asked)] for each in strategies])
        actions = torch.from_numpy(points).to(start)
        found = values_of_points(actions)
        if asked == strategies[0].population_size:
            _tell(strategies, points, found)
        highest, where = found.max(1)
        best = torch.where((highest > values)[:, None], actions[everyone, where], best)
        values, left = values.maximum(highest), left - asked
    return best


def population(queries: int, controls: int) -> int:
    """Return how many points a generation has: the usual number, fewer where the budget allows few generations."""
    usual = 4 + math.floor(3 * math.log(controls))
    return max(SMALLEST_POPULATION, min(usual, (queries - 1) // FEWEST_GENERATIONS))


def strategy_of(core: IspCore, points: int, seed: int) -> CMA:
    """Return a strategy of so many points a generation, from a core's identity."""
    return _strategy(core.identity, points, seed)


def _strategy(start: Float[Tensor, " controls"], points: int, seed: int) -> CMA:
    return CMA(
        start.double().cpu().numpy(),
        STEP,
        bounds=np.tile([-1.0, 1.0], (len(start), 1)),
        seed=seed % 2**32,
        population_size=points,
    )


def _tell(strategies: list[CMA], points: np.ndarray, values: Actions) -> None:
    """Hand each strategy its own generation; it goes down, values go up."""
    for strategy, own, found in zip(strategies, points, (-values).tolist(), strict=True):
        strategy.tell(list(zip(own, found, strict=True)))


def build(queries: int, task: Task, seed: int) -> CmaTuner:
    """Return a strategy with so many queries, drawn by the seed."""
    return CmaTuner(queries, task, seed)
