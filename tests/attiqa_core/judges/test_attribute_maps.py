import pytest
import torch
from fixtures.tiny_net import tiny_net
from torch import nn

from attiqa_core.errors import UsageError
from attiqa_core.judges.attribute_maps import attribute_maps
from attiqa_core.network.model import AttiqaNet, architecture
from attiqa_core.scorer import MosRange, Preprocessing, Scorer


def scorer_of(net: AttiqaNet, crops: int = 5) -> Scorer:
    return Scorer(net, Preprocessing(72, 64), MosRange(), "", "planted", crops)


def random_net(pooling: str, regressor: str) -> AttiqaNet:
    net = tiny_net(8, pooling=pooling, regressor=regressor).eval()
    if pooling == "stages":
        net.standardise.running_mean.uniform_(0, 0.3)
        net.standardise.running_var.uniform_(0.5, 1)
    return net


@pytest.mark.parametrize("crops", [1, 5])
@pytest.mark.parametrize(("pooling", "regressor"), [("last", "mlp"), ("stages", "linear"), ("stages", "mlp")])
def test_contributions_add_up_to_the_score_above_the_baseline(pooling, regressor, crops):
    scorer, image = scorer_of(random_net(pooling, regressor), crops), torch.rand(1, 3, 90, 110)
    maps = attribute_maps(scorer, image, steps=256)
    mos, attributes = scorer.read(image)
    torch.testing.assert_close(maps.values, torch.cat([mos, attributes[0]]), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(maps.contributions.sum((1, 2)), maps.values - maps.baseline, atol=2e-3, rtol=2e-2)
    assert maps.names == ("MOS", *scorer.attribute_names) and maps.contributions.shape == (6, 72, 88)


class EdgeEncoder(nn.Module):
    """One map of local contrast, averaged: a planted network whose sharpness head likes edges."""

    def __init__(self):
        super().__init__()
        self.global_pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, images):
        grey = images.mean(1, keepdim=True)
        across = (grey[..., 1:, 1:] - grey[..., 1:, :-1]).abs() + (grey[..., 1:, 1:] - grey[..., :-1, 1:]).abs()
        return self.global_pool(across).flatten(1)


def planted() -> Scorer:
    """A network with linear maths throughout: maps of it are class activation maps, known exactly."""
    net = tiny_net(1).eval()
    net.encoder, net.heads_hidden = EdgeEncoder(), nn.Linear(1, 5)
    nn.init.ones_(net.heads_hidden.weight)
    nn.init.zeros_(net.heads_hidden.bias)
    net.heads_output.data.fill_(2.0)
    return scorer_of(net, crops=1)


def test_a_sharp_patch_in_a_blurred_picture_lights_up():
    image = torch.full((1, 3, 72, 72), 0.5)
    image[..., 40:60, 20:40] = (torch.arange(20)[:, None] + torch.arange(20)).remainder(2).float()
    maps = attribute_maps(planted(), image)
    sharpness = maps.contributions[1]
    inside = sharpness[38:62, 18:42].sum()
    assert inside > 0.95 * sharpness.sum() and sharpness.sum() > 0
    assert sharpness[:30].abs().max() < 0.01 * sharpness.max()


def test_linear_heads_give_the_class_activation_map_itself():
    scorer, image = planted(), torch.rand(1, 3, 72, 72)
    maps = attribute_maps(scorer, image)
    torch.testing.assert_close(maps.contributions[1].sum(), scorer.attributes(image)[0, 0], atol=1e-4, rtol=1e-4)
    assert torch.equal(maps.contributions[1], maps.contributions[3])


def test_a_backbone_without_a_mean_over_positions_is_refused():
    scorer = scorer_of(AttiqaNet(architecture("test_vit", 4)).eval(), crops=1)
    scorer.preprocessing = Preprocessing(160, 160)
    with pytest.raises(UsageError, match="test_vit"):
        attribute_maps(scorer, torch.rand(1, 3, 160, 160))
