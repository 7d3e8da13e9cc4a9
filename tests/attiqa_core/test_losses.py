import pytest
import torch

from attiqa_core.losses import correlation_loss, mos_loss, ranking_loss

LABELS = torch.arange(4.0)[:, None]


def test_perfect_order_beyond_the_margin_costs_nothing():
    assert ranking_loss(LABELS, LABELS, 0.1) == 0


def test_reversed_order_costs_the_mean_gap_plus_the_margin():
    gaps = torch.tensor([1.0, 2, 3, 1, 2, 1])
    assert ranking_loss(-LABELS, LABELS, 0.1) == pytest.approx(float((gaps + 0.1).mean()))


def test_ties_and_nan_labels_say_nothing():
    labels = torch.tensor([[1.0], [1.0], [float("nan")]])
    scores = torch.tensor([[0.0], [5.0], [9.0]], requires_grad=True)
    loss = ranking_loss(scores, labels, 0.1)
    loss.backward()
    assert loss == 0 and torch.equal(scores.grad, torch.zeros(3, 1))


def test_pairs_across_groups_are_not_compared():
    scores = -LABELS
    apart = ranking_loss(scores, LABELS, 0.1, groups=torch.arange(4))
    in_pairs = ranking_loss(scores, LABELS, 0.1, groups=torch.tensor([0, 0, 1, 1]))
    assert apart == 0 and in_pairs == pytest.approx(1.1)


def test_attributes_are_summed_and_the_labels_scale_does_not_matter():
    scores, labels = torch.randn(6, 5), torch.randn(6, 5)
    each = sum(ranking_loss(scores[:, [i]], labels[:, [i]], 0.1) for i in range(5))
    torch.testing.assert_close(ranking_loss(scores, labels, 0.1), each)
    torch.testing.assert_close(ranking_loss(scores, 100 * labels + 7, 0.1), each)


def test_gradients_pull_a_wrong_pair_apart():
    scores = torch.zeros(2, 1, requires_grad=True)
    ranking_loss(scores, torch.tensor([[1.0], [0.0]]), 0.1).backward()
    assert scores.grad.flatten().tolist() == [-1, 1]


def test_correlation_loss_is_zero_for_any_rising_line_and_one_for_a_falling_one():
    target = torch.rand(9)
    assert correlation_loss(3 * target + 2, target) == pytest.approx(0, abs=1e-6)
    assert correlation_loss(-target, target) == pytest.approx(1, abs=1e-6)
    assert correlation_loss(torch.ones(9), target) == pytest.approx(0.5)


def test_mos_loss_is_zero_at_the_target_and_the_weight_counts():
    target = torch.rand(9)
    assert mos_loss(target, target, "smooth-l1") == 0
    assert mos_loss(target, target, "mse", 1.0) == pytest.approx(0, abs=1e-6)
    assert mos_loss(1 - target, target, "mse", 1.0) > mos_loss(1 - target, target, "mse")
