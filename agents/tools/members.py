"""Networks of one shape that answer together, and the one wider network that answers with their mean."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from agents.actor import Architecture, Observations
from agents.tools.actor import ChoiceNet


class Members(nn.Module):
    """Networks that were initialised apart; what looks at pictures, where there are some, they have in common."""

    def __init__(self, architecture: Architecture, count: int):
        super().__init__()
        self.nets = nn.ModuleList(ChoiceNet(architecture) for _ in range(count))
        for net in self.nets:
            net.reader = self.nets[0].reader

    def forward(self, observations: Observations) -> Float[Tensor, "members batch choices"]:
        return torch.stack([net(observations) for net in self.nets])


@torch.no_grad()
def merged(members: Members) -> ChoiceNet:
    """Return a network whose output is the mean of the members': their layers lie beside each other as blocks."""
    nets = [net for net in members.nets if isinstance(net, ChoiceNet)]
    shape = nets[0].architecture
    whole = ChoiceNet(replace(shape, hidden=tuple(len(nets) * width for width in shape.hidden)))
    whole.reader.load_state_dict(nets[0].reader.state_dict())
    linear = [[layer for layer in net.layers if isinstance(layer, nn.Linear)] for net in (whole, *nets)]
    last = len(linear[0]) - 1
    for place, (target, *parts) in enumerate(zip(*linear, strict=True)):
        weights, biases = [part.weight for part in parts], torch.stack([part.bias for part in parts])
        if last == 0:
            weight = torch.stack(weights).mean(0)
        elif place == 0:
            weight = torch.cat(weights)
        else:
            weight = torch.block_diag(*weights) if place < last else torch.cat(weights, 1) / len(parts)
        target.weight.copy_(weight)
        target.bias.copy_(biases.flatten() if place < last else biases.mean(0))
    return whole.requires_grad_(False)
