"""Gradient ascent through ISP and scorer: the strongest use of differentiability, and the easiest to fool the scorer with."""

import torch

from agents.ascent import LEARNING_RATE, ascend
from attiqa_core.errors import InputError
from attiqa_core.judges.judge import Judge
from isp_env.core import IspCore, Task
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.reward_weights import RewardWeights


class GradientTuner:
    """Adam on the action, projected to [-1, 1], from the camera default; the best point so far by the value it climbs.

    `tune` raises InputError naming the raw if a value or a gradient on the way was not finite.
    """

    def __init__(self, scorer: Judge, queries: int, task: Task, weights: RewardWeights, lr: float = LEARNING_RATE):
        self.scorer, self.queries, self.task, self.weights, self.lr = scorer, queries, task, weights, lr
        self.name = f"gradient-{queries}"

    def tune(self, frame: RawFrame) -> IspParams:
        core = IspCore([frame], self.scorer, self.task, self.weights)
        only = torch.zeros(1, dtype=torch.int64, device=core.device)
        found = ascend(lambda action: core.appraise(only, action).values, core.identity[None], self.queries, self.lr)
        if found.value_broke.any() or found.gradient_broke.any():
            raise InputError(
                f"{frame.path or frame.name}: the gradient of the value is not finite, so that it cannot be climbed; "
                f"leave this raw out, or leave {self.name} out of --tuners"
            )
        return core.params(found.best).to("cpu")


def build(scorer: Judge, queries: int, task: Task, weights: RewardWeights, seed: int) -> GradientTuner:
    """Return gradient ascent of so many steps; nothing in it is drawn."""
    return GradientTuner(scorer, queries, task, weights)
