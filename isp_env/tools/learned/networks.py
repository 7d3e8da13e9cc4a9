"""The networks by model: residual ones for what is wrong with a neighbourhood, and such that say numbers for the whole picture.

All take display sRGB (B, 3, H, W) in [0, 1] of any size with a strength for each picture and give the same; none has batch
statistics, so a picture comes out the same in any batch. Weights begin so that a network changes nothing.
"""

import torch
from torch import nn

from isp_env.tools.learned.residual import Residual
from isp_env.tools.learned.table import Network
from isp_env.tools.learned.whole_picture import ColourTone, Exposure, OfWholePicture, WhiteBalance

MODELS: dict[str, type[Residual] | type[OfWholePicture]] = {
    "residual": Residual,
    "exposure": Exposure,
    "white balance": WhiteBalance,
    "colour tone": ColourTone,
}


def fresh_network(network: Network, generator: torch.Generator) -> nn.Module:
    """Return an untrained network of the table, which changes nothing; its inner weights are drawn."""
    net = MODELS[network.model](network.layers, network.channels)
    for module in net.modules():
        if isinstance(module, nn.Conv2d) and module.weight.any():
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(module.bias)  # pyright: ignore
    return net
