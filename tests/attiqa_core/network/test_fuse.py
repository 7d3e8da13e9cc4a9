import pytest
import timm
import torch
from torch import nn

from attiqa_core.network.fuse import EvenKernelConv2d, fold_batch_norms, fold_same_padding


@pytest.mark.parametrize("backbone", ["test_efficientnet", "test_resnet", "tf_efficientnet_lite0"])
def test_folding_leaves_the_function_as_it_is(backbone):
    torch.manual_seed(0)
    encoder = timm.create_model(backbone, num_classes=0)
    for module in encoder.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 2)
    encoder.eval()
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        expected, stages = encoder.forward_intermediates(images)
        norms = sum(isinstance(module, nn.BatchNorm2d) for module in encoder.modules())
        assert fold_batch_norms(encoder) == norms
        folded, folded_stages = encoder.forward_intermediates(images)
    torch.testing.assert_close(folded, expected, rtol=1e-3, atol=1e-3)
    for one, other in zip(folded_stages, stages, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in encoder.modules())


@pytest.mark.parametrize("size", [(64, 96), (65, 64), (63, 65)])
def test_the_encoder_computes_the_same_without_padded_copies(size):
    torch.manual_seed(0)
    encoder = timm.create_model("tf_efficientnet_lite0", num_classes=0).eval()
    images = torch.randn(1, 3, *size)
    with torch.no_grad():
        expected = encoder(images)
        assert fold_same_padding(encoder) == 5
        folded = encoder(images)
    torch.testing.assert_close(folded, expected, rtol=1e-4, atol=1e-5)
    assert sum(isinstance(module, EvenKernelConv2d) for module in encoder.modules()) == 5


def test_gradients_reach_the_picture():
    encoder = timm.create_model("tf_efficientnet_lite0", num_classes=0).eval().requires_grad_(False)
    fold_same_padding(encoder)
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    encoder(image).sum().backward()
    assert image.grad is not None and image.grad.abs().sum() > 0


def test_an_encoder_without_such_convolutions_is_left_alone():
    assert fold_same_padding(timm.create_model("test_resnet", num_classes=0)) == 0
