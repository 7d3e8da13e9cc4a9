"""The best single setting without a gradient: CMA-ES on the mean value over contexts, from the identity."""

from collections.abc import Iterator

import numpy as np
import torch

from agents.baselines.cma import population, strategy_of
from agents.baselines.search import values_of
from agents.batches import batch_of
from agents.tuner import first_state
from isp_env.core import Actions, IspCore


def search(core: IspCore, samples: int, batch_size: int, seed: int) -> Iterator[tuple[int, Actions]]:
    """Yield samples done and the absolute action so far, generation by generation; the first is finished whatever the budget.

    Where a batch holds every context, that is the best point met, the identity among them; else values of one batch say little
    of the next, and it is the strategy's mean.
    """
    batch_size = min(batch_size, len(core))
    points_of_each = population(1 + samples // batch_size, core.action_size)
    strategy = strategy_of(core, points_of_each, seed)
    best, highest = core.identity, float(first_state(core).terms.sum(1).mean())
    done = generation = 0
    while not done or done + points_of_each * batch_size <= samples:
        ids = batch_of(len(core), batch_size, seed, generation).to(core.device)
        points = np.stack([strategy.ask() for _ in range(points_of_each)])
        actions = torch.from_numpy(points).to(core.identity)
        values = values_of(core, ids, actions.expand(batch_size, -1, -1)).mean(0)
        strategy.tell(list(zip(points, (-values).tolist(), strict=True)))
        done, generation = done + points_of_each * batch_size, generation + 1
        if batch_size < len(core):
            best = torch.from_numpy(strategy.mean).to(core.identity).clamp(-1, 1)
        elif float(values.max()) > highest:
            best, highest = actions[values.argmax()], float(values.max())
        yield done, best
