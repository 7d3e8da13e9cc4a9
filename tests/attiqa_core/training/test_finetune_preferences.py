"""What a head is to keep while it learns from votes: scores of pictures, and its own of spoiled versions of them."""

import torch
from fixtures.tiny_net import tiny_net

from attiqa_core.training.finetune_preferences import kept_scores
from attiqa_core.training.solve_preferences import head_inputs, linear_head


def test_spoiled_versions_are_kept_at_the_networks_own_scores_and_each_row_counts_alike():
    net = tiny_net(hidden=4)
    features = net.heads_hidden.in_features
    views, spoiled = torch.randn(5, 3, features), torch.randn(5, 2, features)
    kept = kept_scores(net, head_inputs(net, views), torch.rand(5), spoiled, weight=10.0)
    head = linear_head(net)
    said = kept.inputs @ head.weight.detach().double()[0] + head.bias.detach().double()
    torch.testing.assert_close(said[5:], kept.mos[5:], rtol=1e-4, atol=1e-5)
    assert len(kept.mos) == 15 and kept.weight == 3 / 10
