"""Gradient ascent through ISP and scorer: the strongest use of differentiability, and the easiest to fool the scorer with."""

import torch

from agents.ascent import LEARNING_RATE, ascend, require_gradient_of_isp
from agents.tuner import PolicyTuner, pictures
from attiqa_core.errors import InputError, UsageError
from attiqa_core.tensors import PerImage
from isp_env.core import Actions, IspCore, Task
from isp_env.params import IspParams

CHUNK = 4
"""Raws that are climbed as one batch: gradients are kept of every stage."""


class GradientTuner:
    """Adam on the action, projected to [-1, 1], from the camera default; the best point so far by the value it climbs.

    `tune` raises InputError naming the raw if a value or a gradient on the way was not finite.
    """

    looks = False  # it asks about the camera default itself: the cached answer has no gradient

    def __init__(self, queries: int, task: Task, lr: float = LEARNING_RATE):
        self.queries, self.renders, self.lr = queries, pictures(queries, task), lr
        self.name = f"gradient-{queries}"

    def tune(self, core: IspCore) -> IspParams:
        start = core.identity.expand(len(core), -1)
        return core.params(climbed(core, start, self.queries, self.lr, self.name)).to("cpu")


class RefinedTuner:
    """The same climb from a policy's answer: what is left to gain on each raw once the policy has spoken.

    The policy's own looks are part of the budget.
    """

    looks = True

    def __init__(self, queries: int, policy: PolicyTuner, name: str | None = None):
        self.queries, self.policy = queries, policy
        self.name = name or f"refined-{queries}"
        self.renders = pictures(queries, policy.policy.task)
        self.steps = queries - policy.queries
        if self.steps < 1:
            raise UsageError(
                f"--tuners refined-{queries}: the policy alone asks {policy.queries} times; give a larger N"
            )

    def tune(self, core: IspCore) -> IspParams:
        return core.params(climbed(core, self.policy.actions(core), self.steps, LEARNING_RATE, self.name)).to("cpu")


def climbed(core: IspCore, start: Actions, queries: int, lr: float, name: str) -> Actions:
    """Return for each raw the best of so many actions on the way up from `start`, a few raws at a time.

    Raises: InputError naming the raw whose value or gradient was not finite; UsageError for an ISP without gradients.
    """
    require_gradient_of_isp(core, name)
    best = []
    for ids in torch.arange(len(core), device=core.device).split(CHUNK):

        def value(actions: Actions, ids: torch.Tensor = ids) -> PerImage:
            return core.appraise(ids, actions).values

        found = ascend(value, start[ids], queries, lr)
        broke = found.value_broke | found.gradient_broke
        if broke.any():
            raise InputError(
                f"{core.names[int(ids[broke][0])]}: the gradient of the value is not finite, so that it cannot be climbed; "
                f"leave this raw out, or leave {name} out of --tuners"
            )
        best.append(found.best)
    return torch.cat(best)


def build(queries: int, task: Task, seed: int) -> GradientTuner:
    """Return gradient ascent of so many steps; nothing in it is drawn."""
    return GradientTuner(queries, task)
