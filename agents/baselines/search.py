"""Sobol search: the best of N well-spread parameter sets by the very value that agents are rewarded for."""

import torch
from torch.quasirandom import SobolEngine

from attiqa_core.judges.judge import Judge
from isp_env.core import CHUNK, IspCore, Task
from isp_env.params import IspParams
from isp_env.profiles import CORE, Profile
from isp_env.raw import RawFrame
from isp_env.reward_weights import RewardWeights

# Half the range about identity: in the whole cube of all parameters hardly a point looks like a photograph.
RADIUS = 0.5


class SobolTuner:
    """Tries the camera default and `queries - 1` scrambled Sobol points about it, and keeps the best."""

    def __init__(self, scorer: Judge, queries: int, task: Task, weights: RewardWeights, seed: int = 0):
        self.scorer, self.queries, self.task, self.weights, self.seed = scorer, queries, task, weights, seed
        self.name = f"sobol-{queries}"

    @torch.no_grad()
    def tune(self, frame: RawFrame) -> IspParams:
        core = IspCore([frame], self.scorer, self.task, self.weights)
        actions = sobol_actions(self.queries, self.seed, self.task.profile).to(core.device)
        ids = torch.zeros(CHUNK, dtype=torch.int64, device=core.device)
        values = torch.cat([core.appraise(ids[: len(part)], part).values for part in actions.split(CHUNK)])
        return core.params(actions[values.argmax()][None]).to("cpu")


def sobol_actions(count: int, seed: int, profile: Profile = CORE) -> torch.Tensor:
    """Return (count, P) actions in [-1, 1], the identity first."""
    identity = IspParams.identity_action(profile)
    points = SobolEngine(len(identity), scramble=True, seed=seed).draw(count - 1) * 2 - 1
    return torch.cat([identity[None], (identity + RADIUS * points).clamp(-1, 1)])


def build(scorer: Judge, queries: int, task: Task, weights: RewardWeights, seed: int) -> SobolTuner:
    """Return a search of so many points, drawn by the seed."""
    return SobolTuner(scorer, queries, task, weights, seed)
