"""A batch scored in parts: the same scores and gradients, and no maps kept."""

import pytest
import torch
from fixtures.seeded import uniform
from fixtures.tiny_net import tiny_net

from attiqa_core.training import scoring as module
from attiqa_core.training.scoring import scoring


@pytest.mark.parametrize("fixed", [True, False])
def test_a_batch_in_parts_has_the_scores_and_gradients_of_the_whole(monkeypatch, fixed):
    net = tiny_net(pooling="stages", regressor="linear")
    net.fix_statistics() if fixed else net.freeze(["all"])
    if not fixed:
        net.encoder.requires_grad_(True)
    images = uniform(5, 3, 64, 64)

    def learned():
        net.zero_grad(set_to_none=True)
        scores = scoring(net)(images)
        scores.square().sum().backward()
        return scores.detach(), {name: each.grad for name, each in net.named_parameters() if each.grad is not None}

    expected, gradients = learned()
    monkeypatch.setattr(module, "WHOLE_PIXELS", {"cpu": 64 * 64})
    monkeypatch.setattr(module, "PART_PIXELS", 2 * 64 * 64)
    scores, in_parts = learned()
    torch.testing.assert_close(scores, expected, rtol=1e-5, atol=1e-6)
    assert in_parts.keys() == gradients.keys() and "encoder.conv_stem.weight" in gradients
    for name, gradient in gradients.items():
        torch.testing.assert_close(in_parts[name], gradient, rtol=1e-4, atol=1e-5)
