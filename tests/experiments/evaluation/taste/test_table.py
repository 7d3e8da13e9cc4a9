"""The table of a simulated taste: what a row tells of a scorer that was turned round."""

import copy

import pytest
import torch
from fixtures.tiny_net import tiny_net

from experiments.evaluation.taste.table import Known, RatedParts, row, table
from experiments.evaluation.votes import ImageVote


def test_a_row_tells_what_was_gained_how_far_scores_moved_and_what_became_of_srocc():
    net = tiny_net(hidden=4).eval()
    views = torch.randn(24, 2, net.heads_hidden.in_features, generator=torch.Generator().manual_seed(0))
    known = Known([f"{number:02d}" for number in range(24)], views)
    before = known.scores(net)
    turned = copy.deepcopy(net)
    with torch.no_grad():
        turned.regressor[-1].weight.neg_()
        turned.regressor[-1].bias.neg_()
    pairs = [(f"{number:02d}", f"{number + 1:02d}") for number in range(0, 24, 2)]
    votes = [
        ImageVote(*pair, f"r{n}", "a" if before[pair[0]] < before[pair[1]] else "b") for n in range(3) for pair in pairs
    ]
    photos = known.part(range(12, 24))
    rated = RatedParts(
        known.part(range(12)), torch.rand(12), photos, torch.tensor([before[name] for name in photos.names])
    )
    rows = [
        row(name, each, None, net, {"seen": (votes, known)}, rated)
        for name, each in (("before", net), ("turned", turned))
    ]
    assert [each["seen"]["accuracy"] for each in rows] == [0, 1] and rows[1]["seen"]["gain"] == 1
    moved = 2 * torch.tensor([*before.values()]).square().mean().sqrt()
    assert rows[0]["seen"]["moved"] == 0 and rows[1]["seen"]["moved"] == pytest.approx(float(moved), rel=1e-4)
    assert [each["srocc"] for each in rows] == pytest.approx([1, -1])
    assert table(rows).splitlines()[-1].startswith("| turned | 1.000 (") and table(rows).endswith("| -1.000 |")
