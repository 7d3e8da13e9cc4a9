"""Which learned tools there are. Loads no torch."""

from dataclasses import dataclass
from typing import Literal

Model = Literal["residual", "exposure", "white balance", "colour tone"]


@dataclass(frozen=True)
class Network:
    """A network to be trained: what it is called, what it works against, and how large it is."""

    name: str
    kind: str
    """Kind of the tool that it becomes."""
    defect: str
    """The planted defect that it is trained against."""
    model: Model
    layers: int
    channels: int


NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        Network("denoise-3", "denoise", "noise", "residual", 3, 32),
        Network("denoise-8", "denoise", "noise", "residual", 8, 32),
        Network("deblur-3", "deblur", "blur", "residual", 3, 32),
        Network("deblur-8", "deblur", "blur", "residual", 8, 32),
        Network("dejpeg-3", "dejpeg", "jpeg", "residual", 3, 32),
        Network("dejpeg-8", "dejpeg", "jpeg", "residual", 8, 32),
        Network("super-resolution-3", "super-resolution", "enlarged", "residual", 3, 32),
        Network("super-resolution-8", "super-resolution", "enlarged", "residual", 8, 32),
        Network("exposure-3", "exposure", "dark", "exposure", 3, 32),
        Network("exposure-8", "exposure", "dark", "exposure", 8, 24),
        Network("white-balance-3", "white balance", "cast", "white balance", 3, 32),
        Network("white-balance-8", "white balance", "cast", "white balance", 8, 24),
        Network("colour-tone-3", "colour tone", "undeveloped", "colour tone", 3, 32),
        Network("colour-tone-8", "colour tone", "undeveloped", "colour tone", 8, 24),
    )
}
"""Every learned tool by name: DRL-ISP's 14. The number at its end counts the layers.

DRL-ISP has 3 and 8 layers of each, picture to picture. Ours are that for what is local. A wrong exposure or white balance, and
the colour and tone of a raw, are a few numbers for the whole picture: there a network says these numbers, and physics does the
rest.
"""
