"""Actors as plain linear layers, and where they start."""

import torch
from stable_baselines3.common.vec_env import VecNormalize
from torch import nn

Layers = list[tuple[torch.Tensor, torch.Tensor]]

HIDDEN = [64, 64]


def linear_layers(*parts: nn.Module) -> Layers:
    """Return weight and bias of every linear layer, in order."""
    found = [module for part in parts for module in part.modules() if isinstance(module, nn.Linear)]
    return [(layer.weight.detach().clone(), layer.bias.detach().clone()) for layer in found]


def start_at_identity(last: nn.Module, env: VecNormalize, *, squashed: bool) -> None:
    """Shift the last layer's bias so that an untrained policy leaves the camera default nearly as it is."""
    assert isinstance(last, nn.Linear)
    identity = env.get_attr("core")[0].identity.cpu()
    with torch.no_grad():
        last.weight.mul_(0.1)
        last.bias.copy_(torch.atanh(identity.clamp(-0.9, 0.9)) if squashed else identity)
