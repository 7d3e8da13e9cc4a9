import pytest
import timm
import torch
from fixtures.tiny_net import tiny_net
from torch import nn

from attiqa_core.network.fuse import EvenKernelConv2d, FoldedInTraining, fold_batch_norms, fold_same_padding
from attiqa_core.network.model import AttiqaNet, architecture


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


@pytest.mark.slow
@pytest.mark.parametrize("backbone", ["test_efficientnet", "test_resnet", "test_vit", "tf_efficientnet_lite0"])
def test_a_network_folded_in_training_has_the_same_scores_and_gradients(backbone):
    torch.manual_seed(0)
    net = AttiqaNet(architecture(backbone, 4)).double()
    for module in net.encoder.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    net.train()
    net.fix_statistics()
    images = torch.rand(2, 3, *((96, 64) if "vit" not in backbone else (160, 160)), dtype=torch.float64)

    def learned(features):
        net.zero_grad(set_to_none=True)
        scores = net.mos(features)
        scores.sum().backward()
        return scores, {name: each.grad for name, each in net.named_parameters() if each.grad is not None}

    expected, gradients = learned(net.features(images))
    scores, folded = learned(FoldedInTraining(net)("features", images))
    torch.testing.assert_close(scores, expected)
    assert folded.keys() == gradients.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(folded[name], gradient, rtol=1e-6, atol=1e-9)


def test_a_folded_network_follows_the_parameters_that_are_trained():
    net = tiny_net()
    net.fix_statistics()
    folded, images = FoldedInTraining(net), torch.rand(1, 3, 64, 64)
    before = folded("features", images)
    with torch.no_grad():
        for parameter in net.encoder.parameters():
            parameter.mul_(1.1)
    after = folded("features", images)
    torch.testing.assert_close(after, net.features(images), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(after, before)
