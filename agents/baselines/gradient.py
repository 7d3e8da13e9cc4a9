"""Gradient ascent through ISP and scorer: the strongest use of differentiability, and the easiest to fool the scorer with."""

import torch

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

    def __init__(self, scorer: Judge, queries: int, task: Task, weights: RewardWeights, lr: float = 0.05):
        self.scorer, self.queries, self.task, self.weights, self.lr = scorer, queries, task, weights, lr
        self.name = f"gradient-{queries}"

    @torch.enable_grad()
    def tune(self, frame: RawFrame) -> IspParams:
        core = IspCore([frame], self.scorer, self.task, self.weights)
        only = torch.zeros(1, dtype=torch.int64, device=core.device)
        action = core.identity[None].clone().requires_grad_(True)
        optimizer = torch.optim.Adam([action], lr=self.lr, maximize=True)
        best_value, best = torch.tensor(-torch.inf, device=core.device), action.detach().clone()
        finite = torch.tensor(True, device=core.device)  # asked once, at the end: each question waits for the device
        for _ in range(self.queries):
            optimizer.zero_grad(set_to_none=True)
            value = core.appraise(only, action).values.sum()
            better = value.detach() > best_value
            best = torch.where(better, action.detach(), best)
            best_value = torch.maximum(best_value, value.detach())
            value.backward()
            assert action.grad is not None
            finite &= value.isfinite() & action.grad.isfinite().all()
            optimizer.step()
            with torch.no_grad():
                action.clamp_(-1, 1)
        if not finite:
            raise InputError(
                f"{frame.path or frame.name}: the gradient of the value is not finite, so that it cannot be climbed; "
                f"leave this raw out, or leave {self.name} out of --tuners"
            )
        return IspParams.from_action(best).to("cpu")


def build(scorer: Judge, queries: int, task: Task, weights: RewardWeights, seed: int) -> GradientTuner:
    """Return gradient ascent of so many steps; nothing in it is drawn."""
    return GradientTuner(scorer, queries, task, weights)
