"""A learned ISP as a folder: JSON and safetensors, nothing pickled. Its description says whose copy it is, and how good."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from attiqa_core.errors import InputError
from attiqa_core.tensor_files import load_tensors, save_described
from isp_env.learned_isp.description import DESCRIPTION, FORMAT, read_description
from isp_env.learned_isp.network import Architecture, LearnedNetwork
from isp_env.parameters.profiles import Profile


@dataclass(frozen=True)
class LearnedModel:
    """A trained network and what has to be known of it.

    `program`: what the program's description says of itself, with its "name" and "sha256"; `proxy_px`, `crops`: the views that
    it was trained on; `training`: raws, pictures, recipe and the hash of the data; `held_out`: its stated error.
    """

    network: LearnedNetwork
    profile: Profile
    program: Mapping[str, Any]
    proxy_px: int
    crops: int
    training: Mapping[str, Any]
    held_out: Mapping[str, Any]


def save_learned(folder: Path, model: LearnedModel) -> Path:
    """Write the model into `folder`, as `save_described`, and return the folder."""
    about = {
        "format": FORMAT,
        "program": dict(model.program),
        "profile": asdict(model.profile),
        "proxy_px": model.proxy_px,
        "crops": model.crops,
        "held_out": dict(model.held_out),
        "training": dict(model.training),
        "architecture": asdict(model.network.architecture),
    }
    save_described(Path(folder) / DESCRIPTION, model.network.state_dict(), about)
    return Path(folder)


def load_learned(folder: str | Path) -> LearnedModel:
    """Return the model of a folder, its network ready to be asked. Raises: InputError if anything is missing, changed or not of this format."""
    described = read_description(folder)
    content, path = described.content, Path(folder) / DESCRIPTION
    try:
        architecture = Architecture.from_stored(content["architecture"])
        weights = path.with_name(Path(content["weights"]).name)
    except (TypeError, InputError) as error:
        raise InputError(f"{path}: is damaged ({error}); imitate the program again") from error
    network = LearnedNetwork(architecture, torch.zeros(architecture.controls))
    try:
        network.load_state_dict(load_tensors(weights, content["sha256"]))
    except RuntimeError as error:
        raise InputError(f"{weights}: is of another network; imitate the program again") from error
    if architecture.controls != len(described.profile.controls):
        raise InputError(f"{path}: is damaged (a network for other parameters); imitate the program again")
    known = {name: content[name] for name in ("program", "proxy_px", "crops", "training", "held_out")}
    return LearnedModel(network.requires_grad_(False).eval(), described.profile, **known)
