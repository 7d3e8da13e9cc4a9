"""Pretrained networks as files, and the networks that training starts from.

`pretrained.safetensors` and `pretrained.json` (format attiqa-pretrained/1) are what a pretraining leaves in its folder.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import msgspec
import torch
from torch import Tensor

from attiqa_core.errors import UsageError
from attiqa_core.files.described import Hash, read_description
from attiqa_core.files.whole import read_json, sha256, write_json
from attiqa_core.network.architecture import PAPERS_REGRESSOR, Architecture, Pooling, Regressor
from attiqa_core.network.backbones import imagenet_weights
from attiqa_core.network.model import AttiqaNet, architecture, build_network, load_weights
from attiqa_core.tensor_files import load_tensors, save_tensors

FORMAT = "attiqa-pretrained/1"
CURE = "name a run of `attiqa pretrain`, or train it again"
WEIGHTS, DESCRIPTION = "pretrained.safetensors", "pretrained.json"


class PretrainedFile(msgspec.Struct, frozen=True):
    """What pretrained.json has to hold; what its training said of itself stands beside it."""

    format: Literal["attiqa-pretrained/1"]
    architecture: Architecture
    sha256: Hash
    teachers: list[Any] | None = None


class BesideWeights(msgspec.Struct, frozen=True):
    """What a description beside weights may say: of a pretraining or a scorer."""

    sha256: Hash | None = None
    architecture: Architecture | None = None


def save_pretrained(folder: Path, net: AttiqaNet, described: Mapping[str, Any]) -> Path:
    """Write a pretrained network and return the folder; `described` says where it came from, ready for JSON.

    `attiqa pretrain` says "init" (the encoder's start) and "teachers" (the provenance of each).
    """
    folder = Path(folder)
    save_tensors(folder / WEIGHTS, net.state_dict())
    write_json(
        folder / DESCRIPTION,
        {
            "format": FORMAT,
            "architecture": net.arch.to_dict(),
            **described,
            "sha256": sha256(folder / WEIGHTS),
        },
        seal=True,
    )
    return folder


def load_pretrained(folder: Path | str, regressor: Regressor = "mlp") -> tuple[AttiqaNet, dict[str, Any]]:
    """Return the network that `save_pretrained` wrote, with a fresh regressor of this kind, and its description.

    Raises: InputError if the folder is no pretraining or was changed.
    """
    folder = Path(folder)
    told = read_description(folder / DESCRIPTION, PretrainedFile, CURE, more=True)
    tensors = load_tensors(folder / WEIGHTS, told.sha256)
    net = build_network(replace(told.architecture, regressor=regressor), folder / DESCRIPTION, tensors)
    own = {name: tensor for name, tensor in net.state_dict().items() if _is_of_regressor(name)}
    learned = {name: tensor for name, tensor in tensors.items() if not _is_of_regressor(name)}
    load_weights(net, {**learned, **own}, folder / WEIGHTS)
    return net, read_json(folder / DESCRIPTION)


def taught_attributes(folder: Path | str) -> tuple[str, ...]:
    """Return the attributes that a pretraining taught its heads; none if no teacher did, as in a QualiCLIP run.

    Raises: InputError if the folder holds no description.
    """
    told = read_description(Path(folder) / DESCRIPTION, PretrainedFile, CURE, more=True)
    return told.architecture.attributes if told.teachers else ()


def _is_of_regressor(name: str) -> bool:
    return name.startswith("regressor.")


def network_to_finetune(
    pretrained: Path | str | None,
    *,
    backbone: str = Architecture.backbone,
    hidden: int = Architecture.hidden,
    init: str = "imagenet",
    pooling: Pooling = Architecture.pooling,
    regressor: Regressor = PAPERS_REGRESSOR,
) -> tuple[AttiqaNet, str]:
    """Return the network that fine-tuning starts from, and a word on where it came from.

    `backbone`, `hidden` and `init` are those of a network without a pretraining; `init` as in `initialise_encoder`.
    Raises: InputError if `pretrained` is no pretraining run; UsageError if another pooling than its own is asked for.
    """
    if pretrained is None:
        net = AttiqaNet(architecture(backbone, hidden, pooling, regressor))
        start = initialise_encoder(net, init)
    else:
        net, described = load_pretrained(pretrained, regressor)
        if pooling not in (Architecture.pooling, net.arch.pooling):
            raise UsageError(f"--pooling {pooling}: {pretrained} was pretrained with {net.arch.pooling}; leave it out")
        start = f"pretrained {described['sha256'][:12]}"
    return net.to(memory_format=torch.channels_last), start  # type: ignore[call-overload]


def initialise_encoder(net: AttiqaNet, init: str) -> str:
    """Load the encoder's start weights and return where they came from.

    `init` is "random", "imagenet" (packaged weights of tf_efficientnet_lite0 to 2, otherwise the hub), or the path of
    the safetensors file of a pretraining. Raises: InputError if the weights cannot be had, were changed since they were
    described, or do not fit.
    """
    if init == "random":
        return "random"
    if init == "imagenet":
        net.encoder.load_state_dict(imagenet_weights(net.arch.backbone), strict=True)
        return "imagenet"
    load_weights(net, _tensors_for(net.arch, Path(init)), Path(init))
    return str(init)


def _tensors_for(arch: Architecture, weights: Path) -> dict[str, Tensor]:
    """The tensors of a file, checked against the description beside it, if there is one."""
    description = weights.with_suffix(".json")
    beside = read_description(description, BesideWeights, CURE, more=True) if description.is_file() else BesideWeights()
    tensors = load_tensors(weights, beside.sha256)
    if beside.architecture is not None:
        arch.check_weights_of(beside.architecture, weights)
    return tensors
