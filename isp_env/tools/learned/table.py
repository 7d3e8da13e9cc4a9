"""Which learned tools there are, and which of DRL-ISP's there are not. Loads no torch."""

from dataclasses import dataclass
from typing import Literal

Model = Literal["residual", "exposure", "white balance"]


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
        Network("exposure-3", "exposure", "dark", "exposure", 3, 32),
        Network("white-balance-3", "white balance", "cast", "white balance", 3, 32),
    )
}
"""Every learned tool by name. The number at its end counts the layers.

DRL-ISP has 3 and 8 layers of each, picture to picture. Ours are that for what is local. A wrong exposure or white balance is
one number or two for the whole picture: there a network says these numbers, and physics does the rest, so one size is enough.
"""

ABSENT: dict[str, str] = {
    **dict.fromkeys(
        ("colour-tone-3", "colour-tone-8"),
        "CTC makes the colour and tone of a raw; the pictures here are rendered already",
    ),
    **dict.fromkeys(
        ("super-resolution-3", "super-resolution-8"),
        "it mends a loss of pixels, which is none of the planted defects; deblur is the nearest",
    ),
    "exposure-8": "one number for the whole picture: exposure-3 says it",
    "white-balance-8": "two numbers for the whole picture: white-balance-3 says them",
}
"""Learned tools of DRL-ISP that are not here, and why."""
