import pytest
import torch

from attiqa_core.evaluation.similarity import feature_similarity
from attiqa_core.network.model import AttiqaNet, architecture
from attiqa_core.network.probes import freeze_for_probe
from attiqa_core.training.finetune import finetune


def test_a_probe_trains_the_regressor_and_nothing_else():
    torch.manual_seed(0)
    net = AttiqaNet(architecture("test_efficientnet", 4))
    freeze_for_probe(net)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    views = torch.rand(6, 5, net.heads_hidden.in_features)
    finetune(net, [torch.zeros(3, 8, 8, dtype=torch.uint8)] * 6, torch.linspace(0, 1, 6), epochs=2, batch=3, views=views, quiet=True)  # fmt: skip
    moved = {name for name, tensor in net.state_dict().items() if not torch.equal(tensor, before[name])}
    assert moved and all(name.startswith("regressor.") for name in moved)


def test_similarity_is_one_for_equal_features_whatever_their_length_and_minus_one_for_opposite_ones():
    views = torch.rand(4, 5, 16) + 0.1
    assert feature_similarity(views, 3 * views) == pytest.approx(1)
    assert feature_similarity(views, -views) == pytest.approx(-1)


def test_similarity_is_the_mean_of_each_images_cosine():
    before = torch.tensor([[[1.0, 0.0]], [[1.0, 0.0]]])
    after = torch.tensor([[[0.0, 100.0]], [[1.0, 0.0]]])
    assert feature_similarity(before, after) == pytest.approx(0.5)
