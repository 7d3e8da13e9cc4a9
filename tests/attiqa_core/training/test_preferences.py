"""The loss on people's choices: a known value, symmetry, ties, strengths, votes that are none, gradients."""

import math

import torch

from attiqa_core.training.preferences import Preferences, PreferenceTerm, preference_loss

SCORES = torch.tensor([0.7, 0.2, 0.5]), torch.tensor([0.5, 0.3, 0.5])
WANTED = torch.tensor([1.0, 0.25, 0.5])


def test_a_gap_of_one_temperature_is_a_choice_of_73_percent():
    loss = preference_loss(torch.tensor([0.6]), torch.tensor([0.5]), torch.tensor([1.0]), 0.1)
    assert math.isclose(float(loss), -math.log(1 / (1 + math.exp(-1))), rel_tol=1e-4)


def test_sides_may_be_exchanged():
    first, second = SCORES
    there, back = preference_loss(first, second, WANTED, 0.1), preference_loss(second, first, 1 - WANTED, 0.1)
    torch.testing.assert_close(there, back)


def test_a_tie_is_lowest_where_both_score_alike_and_a_slight_choice_where_the_gap_is_small():
    for wanted, best in ((0.5, 0.0), (0.75, 0.1 * math.log(3))):
        gaps = torch.linspace(-0.3, 0.3, 601)
        losses = [float(preference_loss(gap[None], torch.zeros(1), torch.tensor([wanted]), 0.1)) for gap in gaps]
        assert abs(float(gaps[losses.index(min(losses))]) - best) < 1.5e-3


def test_a_vote_that_is_nan_changes_neither_loss_nor_gradient():
    losses, gradients = [], []
    for wanted, size in ((torch.tensor([1.0, float("nan"), 0.5]), 3), (torch.tensor([1.0, 0.5]), 2)):
        scores = SCORES[0][[0, 1, 2] if size == 3 else [0, 2]].clone().requires_grad_()
        loss = preference_loss(scores, SCORES[1][[0, 1, 2] if size == 3 else [0, 2]], wanted, 0.1)
        loss.backward()
        losses.append(loss.detach())
        gradients.append(scores.grad[[0, -1]])
    torch.testing.assert_close(*losses)
    torch.testing.assert_close(*gradients)
    nothing = preference_loss(*SCORES, torch.full((3,), float("nan")), 0.1)
    assert float(nothing) == 0


def test_gradients_are_those_of_finite_differences():
    first = SCORES[0].double().requires_grad_()
    temperature = torch.tensor(0.2, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda a, t: preference_loss(a, SCORES[1].double(), WANTED.double(), t), (first, temperature)
    )


def test_both_pictures_of_a_vote_are_seen_through_one_crop():
    """Two versions that differ everywhere by the same amount: whatever crop is drawn, the gap of their means is the same."""
    photo = torch.randint(0, 100, (3, 80, 90), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    votes = Preferences([photo, photo + 50], torch.tensor([[0, 1]]), torch.tensor([0.0]))
    term = PreferenceTerm(votes, temperature=0.1, weight=10.0, votes=3)
    losses = [
        float(term.loss(lambda x: x.mean((1, 2, 3)), 32, 32, True, torch.Generator().manual_seed(seed)))
        for seed in range(3)
    ]
    expected = math.log1p(math.exp(-(50 / 255) / 0.1))
    assert all(math.isclose(loss, expected, rel_tol=1e-4) for loss in losses)
