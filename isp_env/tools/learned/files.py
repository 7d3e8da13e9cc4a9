"""A learned tool on disk: weights as safetensors, and a JSON beside it with the network's shape, hash and recipe."""

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import torch
from torch import nn

from attiqa_core.errors import InputError
from attiqa_core.files.described import Hash, Words, read_description
from attiqa_core.files.whole import sha256, write_json
from attiqa_core.tensor_files import load_tensors, save_tensors
from isp_env.tools.learned.networks import MODELS, fresh_network
from isp_env.tools.learned.table import Model, Network

FORMAT = "attiqa-learned-tool/1"


class LearnedToolFile(msgspec.Struct, frozen=True):
    """What NAME.json holds."""

    format: Literal["attiqa-learned-tool/1"]
    name: Words
    kind: Words
    defect: Words
    model: Model
    layers: Annotated[int, msgspec.Meta(ge=1, le=64)]
    channels: Annotated[int, msgspec.Meta(ge=1, le=1024)]
    sha256: Hash
    recipe: dict[str, Any]


@dataclass(frozen=True)
class StoredNetwork:
    """A network that lies in a folder: what it is, and the hash that its weights have to have."""

    folder: Path
    network: Network
    sha256: str


def save_network(folder: Path, network: Network, net: nn.Module, recipe: Mapping[str, Any]) -> None:
    """Write a network's weights, as fp16, and then its description, by which it counts as finished."""
    weights = folder / f"{network.name}.safetensors"
    save_tensors(weights, {name: each.half() for name, each in net.state_dict().items()})
    described = {"format": FORMAT, **asdict(network), "sha256": sha256(weights), "recipe": dict(recipe)}
    write_json(folder / f"{network.name}.json", described, seal=True)


def is_stored(folder: Path, name: str) -> bool:
    """Return whether a finished network of this name lies in a folder."""
    return (folder / f"{name}.json").is_file()


def stored_network(folder: Path, name: str) -> StoredNetwork:
    """Return what a folder says of a network; its weights are not read yet. Raises: InputError for what is not of ours."""
    path = folder / f"{name}.json"
    told = read_description(path, LearnedToolFile, "train it again with `attiqa tools networks`")
    network = Network(**{key: getattr(told, key) for key in Network.__dataclass_fields__})
    if network.name != name or network.model not in MODELS:
        raise InputError(f"{path}: describes a {network.model} called {network.name}; train it again")
    return StoredNetwork(folder, network, told.sha256)


@functools.lru_cache(maxsize=64)
def opened(stored: StoredNetwork, device: str) -> nn.Module:
    """Return the network itself, frozen, on a device; read once in a process.

    Raises: InputError if its weights are missing, have another hash or another shape.
    """
    path = stored.folder / f"{stored.network.name}.safetensors"
    tensors = load_tensors(path, stored.sha256)
    net = fresh_network(stored.network, torch.Generator())
    try:
        net.load_state_dict({name: each.float() for name, each in tensors.items()})
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: is of another shape than its description says ({reason}); train it again") from error
    return net.eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last)  # pyright: ignore
