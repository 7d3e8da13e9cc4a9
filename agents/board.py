"""A training on TensorBoard: the figures of every look, and what some contexts look like under the policy."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from agents.episodes import answers
from agents.policy import Policy
from attiqa_core.photos.images import centre_crop
from isp_env.core import IspCore

SHOWN = 6
"""Contexts in a picture, spread over all of them."""
SHOWN_PX = 112
"""Side of each."""


class Board:
    """Event files in `folder`; a training that goes on after `timesteps` steps takes back what was written after them."""

    def __init__(self, folder: Path, contexts: IspCore, timesteps: int = 0):
        self.contexts = contexts
        self.writer = SummaryWriter(str(folder), purge_step=timesteps + 1 if timesteps else None)

    def write(self, policy: Policy, row: Mapping[str, Any]) -> None:
        """Write what the selection saw at a look."""
        step = row["timesteps"]
        for name, value in row.items():
            if name != "timesteps" and isinstance(value, int | float):
                self.writer.add_scalar(name, value, step)
        self.writer.add_image("default, constant, policy", sheet(self.contexts, policy), step)
        self.writer.flush()


@torch.no_grad()
def sheet(contexts: IspCore, policy: Policy) -> Float[Tensor, "3 height width"]:
    """Return some contexts side by side: at the camera default, under the policy's constant, and under the policy."""
    count = min(SHOWN, len(contexts))
    ids = torch.linspace(0, len(contexts) - 1, count, device=contexts.device).round().long()
    constant = answers(replace(policy, actor=None), contexts, ids)
    rows = [contexts.identity.expand(count, -1), constant, answers(policy, contexts, ids)]
    pictures = [[_small(picture) for picture in contexts.render(ids, row)[0]] for row in rows]
    return torch.cat([torch.cat(row, 2) for row in pictures], 1).cpu()


def _small(picture: Float[Tensor, "3 height width"]) -> Float[Tensor, "3 shown shown"]:
    """The picture's middle square, at one size."""
    return F.interpolate(centre_crop(picture[None], min(picture.shape[1:])), (SHOWN_PX, SHOWN_PX), mode="area")[0]
