"""The learned tools as tools: those that ship, or those of a folder that `attiqa tools networks` wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.tensors import Images, PerImage
from isp_env.tools.learned.files import StoredNetwork, is_stored, opened, stored_network
from isp_env.tools.learned.residual import reach_px
from isp_env.tools.learned.table import NETWORKS
from isp_env.tools.strips import Place, TwoPasses
from isp_env.tools.tool import Tool

SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class _Acting:
    """A stored network on pictures, read when first used, on the device of the pictures."""

    stored: StoredNetwork

    @torch.no_grad()
    def __call__(self, images: Images, strength: PerImage | None) -> Images:
        return self._net(images)(images, _given(images, strength))

    @torch.no_grad()
    def measure(self, strip: Images, place: Place) -> Tensor:
        return self._net(strip).measure(strip, place)

    @torch.no_grad()
    def change(self, strip: Images, strength: PerImage | None, seen: Tensor, place: Place) -> Images:
        return self._net(strip).change(strip, _given(strip, strength), seen, place)

    def _net(self, images: Images) -> Any:
        return opened(self.stored, str(images.device))


def _given(images: Images, strength: PerImage | None) -> PerImage:
    return images.new_ones(len(images)) if strength is None else strength.to(images)


def _tool(stored: StoredNetwork) -> Tool:
    network, acting = stored.network, _Acting(stored)
    if network.model == "residual":
        return Tool(network.name, network.kind, acting, stored.sha256, reach_px(network.layers))
    return Tool(network.name, network.kind, TwoPasses(acting.measure, acting.change), stored.sha256, 0)


def learned_tools(folder: Path | None = None) -> Mapping[str, Tool]:
    """Return the learned tools by name, in the order of `NETWORKS`: those that ship, or those that lie in a folder.

    Of a network for a neighbourhood the strength scales what it adds; of one for the whole picture, the numbers that it says.
    Weights are read at first use. Raises: InputError if a folder has none, or has one that is not of ours.
    """
    place = SHIPPED if folder is None else Path(folder)
    stored = [stored_network(place, name) for name in NETWORKS if is_stored(place, name)]
    if not stored:
        raise InputError(
            f"{place}: holds no learned tool; train some with `attiqa tools networks PHOTOS --out {place}`"
        )
    return {each.network.name: _tool(each) for each in stored}
