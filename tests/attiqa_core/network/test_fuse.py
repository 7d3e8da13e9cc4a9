import pytest
import timm
import torch
from torch import nn

from attiqa_core.network.fuse import fold_batch_norms


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
