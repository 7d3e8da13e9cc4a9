"""Gradient ascent on actions: the one climb of the tuner, which climbs the reward, and of the attack, which climbs the score."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from attiqa_core.errors import UsageError
from attiqa_core.tensors import PerImage
from isp_env.core import Actions, IspCore

LEARNING_RATE = 0.05  # of Adam, in units of the action


@dataclass(frozen=True)
class Ascent:
    """Where each row was highest, and which rows met a value, or a gradient, that is not finite before anything else was."""

    best: Actions
    value_broke: Bool[Tensor, " batch"]
    gradient_broke: Bool[Tensor, " batch"]


def require_gradient_of_isp(core: IspCore, asked: str) -> None:
    """Raises: UsageError for an ISP without gradients, naming what works."""
    if not core.isp.differentiable:
        raise UsageError(
            f"{asked}: needs the gradient through the ISP, and {core.isp.name} is a program that has none; use sobol-N or "
            "cma-N, --algo constant, which searches there, or --algo ppo or sac"
        )


@torch.enable_grad()
def ascend(value: Callable[[Actions], PerImage], start: Actions, queries: int, lr: float = LEARNING_RATE) -> Ascent:
    """Return for each row the best by its own value of `queries` actions in [-1, 1] on the way up from `start`.

    Adam, projected; `value` must give each row from that row alone. What is not finite is kept for the end: each question
    would wait for the device.
    """
    actions = start.detach().clone().requires_grad_(True)
    optimizer = torch.optim.Adam([actions], lr=lr, maximize=True)
    best, best_values = actions.detach().clone(), torch.full_like(start[:, 0], -torch.inf)
    value_broke = gradient_broke = torch.zeros(len(start), dtype=torch.bool, device=start.device)
    for _ in range(queries):
        values = value(actions)
        better = values.detach() > best_values
        best = torch.where(better[:, None], actions.detach(), best)
        best_values = torch.maximum(best_values, values.detach())
        (actions.grad,) = torch.autograd.grad(values.sum(), actions)  # and none to whatever else the value depends on
        value_broke = value_broke | ~(gradient_broke | values.detach().isfinite())
        gradient_broke = gradient_broke | ~(value_broke | actions.grad.isfinite().all(1))
        optimizer.step()
        with torch.no_grad():
            actions.clamp_(-1, 1)
    return Ascent(best, value_broke, gradient_broke)
