"""The learned tools as tools: those that ship, or those of a folder that `attiqa tools networks` wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from attiqa_core.errors import InputError
from attiqa_core.tensors import Images, PerImage
from isp_env.tools.learned.files import StoredNetwork, is_stored, opened, stored_network
from isp_env.tools.learned.table import NETWORKS
from isp_env.tools.tool import Tool

SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class _Apply:
    """Pictures through a stored network, which is read when first used, on the device of the pictures."""

    stored: StoredNetwork

    @torch.no_grad()
    def __call__(self, images: Images, strength: PerImage | None) -> Images:
        given = images.new_ones(len(images)) if strength is None else strength.to(images)
        return opened(self.stored, str(images.device))(images, given)


def learned_tools(folder: Path | None = None) -> Mapping[str, Tool]:
    """Return the learned tools by name, in the order of `NETWORKS`: those that ship, or those that lie in a folder.

    Of a network for a neighbourhood the strength scales what it adds; of one for the whole picture, the EV that it says.
    Weights are read at first use. Raises: InputError if a folder has none, or has one that is not of ours.
    """
    place = SHIPPED if folder is None else Path(folder)
    stored = [stored_network(place, name) for name in NETWORKS if is_stored(place, name)]
    if not stored:
        raise InputError(
            f"{place}: holds no learned tool; train some with `attiqa tools networks PHOTOS --out {place}`"
        )
    return {each.network.name: Tool(each.network.name, each.network.kind, _Apply(each), each.sha256) for each in stored}
