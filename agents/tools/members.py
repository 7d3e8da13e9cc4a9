"""Networks of one shape that answer together, and the one wider network that gives all their answers."""

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
    """Return a network that gives the members' answers, one member's behind the other's: their layers lie beside each other as blocks."""
    nets = [net for net in members.nets if isinstance(net, ChoiceNet)]
    shape = nets[0].architecture
    hidden = tuple(len(nets) * width for width in shape.hidden)
    whole = ChoiceNet(replace(shape, hidden=hidden, outputs=len(nets) * shape.outputs))
    whole.reader.load_state_dict(nets[0].reader.state_dict())
    linear = [[layer for layer in net.layers if isinstance(layer, nn.Linear)] for net in (whole, *nets)]
    for place, (target, *parts) in enumerate(zip(*linear, strict=True)):
        weights = [part.weight for part in parts]
        target.weight.copy_(torch.block_diag(*weights) if place else torch.cat(weights))  # all see the same observation
        target.bias.copy_(torch.cat([part.bias for part in parts]))
    return whole.requires_grad_(False)
