import pytest
import timm
import torch

from attiqa_core.network.same_padding import EvenKernelConv2d, fold_same_padding


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
