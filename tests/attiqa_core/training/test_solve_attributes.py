"""Heads whose features have moved say again what another scorer's heads say."""

import pytest
import torch
from fixtures.seeded import random_pictures
from fixtures.tiny_net import tiny_net

from attiqa_core.evaluation.metrics import srocc
from attiqa_core.scorer import MosRange, Preprocessing, Scorer, save_scorer
from attiqa_core.training.solve_attributes import solve_attributes

SEEN = Preprocessing(72, 64)


def told(net, tmp_path, pictures):
    """What the stored network says: MOS and attributes."""
    scorer = Scorer.load(save_scorer(tmp_path / "moved", net, SEEN, MosRange(), {}), crops=1)
    return scorer.read(torch.stack(pictures).float() / 255)


@pytest.mark.slow
def test_heads_of_a_network_that_moved_say_what_the_teachers_say_and_the_mos_stays(tiny_scorer, tmp_path):
    net, pictures = tiny_net(8, seed=3), random_pictures(40, 72, 80)
    mos, attributes = told(net, tmp_path, pictures)
    solve_attributes(net, SEEN, tiny_scorer, pictures)
    mos_after, after = told(net, tmp_path, pictures)
    wanted = tiny_scorer.attributes(torch.stack(pictures).float() / 255)
    assert torch.equal(mos_after, mos)
    errors = [float((each - wanted).square().mean()) for each in (attributes, after)]
    assert errors[1] < 0.05 * errors[0]


@pytest.mark.slow
def test_the_teachers_own_network_keeps_its_attributes(tiny_scorer, tmp_path):
    net, pictures = tiny_net(8), random_pictures(40, 72, 80)
    solve_attributes(net, SEEN, tiny_scorer, pictures)
    _, after = told(net, tmp_path, pictures)
    wanted = tiny_scorer.attributes(torch.stack(pictures).float() / 255)
    assert min(srocc(after[:, head], wanted[:, head]) for head in range(5)) > 0.99
