import pytest
import torch
from fixtures.seeded import seeded

from attiqa_core.training.losses import correlation_loss, mos_loss, probability_loss, random_pairs, ranking_loss

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


def looped_ranking_loss(scores, labels, margin, groups, tie_tolerance, pairs):
    """Equations 3 and 4 as a loop."""
    total = 0.0
    for attribute in range(scores.shape[1]):
        losses = []
        for i, j in pairs:
            gap = float(labels[i, attribute] - labels[j, attribute])
            if groups[i] == groups[j] and abs(gap) > tie_tolerance:
                difference = float(scores[i, attribute] - scores[j, attribute])
                losses.append(max(0.0, margin - (1 if gap > 0 else -1) * difference))
        total += sum(losses) / len(losses) if losses else 0.0
    return total


@pytest.mark.parametrize("tie_tolerance", [0.0, 0.3])
@pytest.mark.parametrize("chosen", [False, True])
def test_ranking_loss_is_the_mean_over_comparable_pairs(tie_tolerance, chosen):
    generator = seeded()
    scores, labels = (torch.rand(8, 3, generator=generator) for _ in range(2))
    labels[2, 0], labels[5, 1], labels[4, 2] = float("nan"), float("nan"), labels[3, 2]
    groups = torch.tensor([0, 0, 1, 0, 0, 1, 1, 0])
    pairs = [(5, 2), (0, 3), (7, 4)] if chosen else [(i, j) for i in range(8) for j in range(i)]
    expected = looped_ranking_loss(scores, labels, 0.1, groups, tie_tolerance, pairs)
    given = torch.tensor(pairs) if chosen else None
    found = ranking_loss(scores, labels, 0.1, groups, tie_tolerance=tie_tolerance, pairs=given)
    assert float(found) == pytest.approx(expected, rel=1e-5) and expected > 0


def test_random_pairs_use_each_image_once_and_stay_within_groups():
    generator = seeded()
    groups = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])
    pairings = [random_pairs(groups, torch.randperm(12, generator=generator)) for _ in range(5)]
    for pairs in pairings:
        assert pairs.shape == (6, 2) and sorted(pairs.flatten().tolist()) == list(range(12))
        assert torch.equal(groups[pairs[:, 0]], groups[pairs[:, 1]])
    assert len({tuple(pairs.flatten().tolist()) for pairs in pairings}) == 5
    assert random_pairs(torch.zeros(5, dtype=torch.int64), torch.arange(5)).tolist() == [[0, 1], [2, 3]]


def test_probability_loss_is_the_squared_error_to_the_softmax_over_antonyms():
    labels = torch.tensor([[0.0, 0.01], [float("nan"), -0.02]])
    expected = torch.tensor([[0.5, 0.7310586], [0.3, 0.1192029]])  # sigmoid of 0, 1 and -2
    assert probability_loss(expected, labels) == pytest.approx(0, abs=1e-12)
    assert probability_loss(expected + 0.1, labels) == pytest.approx(0.02, rel=1e-4)
