"""Sobol search: the best of N well-spread parameter sets by the very value that agents are rewarded for."""

import torch
from torch.quasirandom import SobolEngine

from agents.tuner import first_state, pictures
from attiqa_core.tensors import PerImage
from isp_env.core import CHUNK, Actions, IspCore, Task
from isp_env.parameters.profiles import CORE, Profile
from isp_env.params import IspParams

# Half the range about identity: in the whole cube of all parameters hardly a point looks like a photograph.
RADIUS = 0.5


class SobolTuner:
    """Tries the camera default and `queries - 1` scrambled Sobol points about it, the same for each raw, and keeps the best."""

    looks = True

    def __init__(self, queries: int, task: Task, seed: int = 0):
        self.queries, self.renders, self.seed = queries, pictures(queries, task), seed
        self.name = f"sobol-{queries}"

    def tune(self, core: IspCore) -> IspParams:
        points = sobol_actions(self.queries, self.seed, core.task.profile).to(core.device)
        tried = values_of(core, torch.arange(len(core), device=core.device), points[1:].expand(len(core), -1, -1))
        values = torch.cat([first_state(core).terms.sum(1)[:, None], tried], 1)
        return core.params(points[values.argmax(1)]).to("cpu")


@torch.no_grad()
def values_of(core: IspCore, ids: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
    """Return the value (N, K) of K actions (N, K, P) on each of N raws, CHUNK pictures at a time."""
    raws, tried = ids.repeat_interleave(actions.shape[1]), actions.flatten(0, 1)
    parts: list[PerImage] = [
        core.appraise(each, part).values for each, part in zip(raws.split(CHUNK), tried.split(CHUNK), strict=True)
    ]
    return torch.cat(parts).view(actions.shape[:2])


def sobol_actions(count: int, seed: int, profile: Profile = CORE) -> Actions:
    """Return (count, P) actions in [-1, 1], the identity first."""
    identity = IspParams.identity_action(profile)
    points = SobolEngine(len(identity), scramble=True, seed=seed).draw(count - 1) * 2 - 1
    return torch.cat([identity[None], (identity + RADIUS * points).clamp(-1, 1)])


def build(queries: int, task: Task, seed: int) -> SobolTuner:
    """Return a search of so many points, drawn by the seed."""
    return SobolTuner(queries, task, seed)
