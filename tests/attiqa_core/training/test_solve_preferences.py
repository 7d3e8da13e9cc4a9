"""A head solved for on votes: it finds a planted taste, is held by scores that it is to keep, and learns none from chance."""

import numpy as np
import pytest
import torch
from fixtures.tiny_net import tiny_net
from torch import nn

from attiqa_core.errors import UsageError
from attiqa_core.training.solve_preferences import KEEPS, HeadVotes, Rated, linear_head, solve_preferences

FEATURES, SCENES, ARMS = 12, 30, 4


def planted(seed: int = 0, taste: bool = True) -> tuple[HeadVotes, torch.Tensor]:
    """Votes of people who like the first feature, or who toss a coin; and what the head said before: the second feature."""
    drawn = np.random.default_rng(seed)
    inputs = torch.from_numpy(drawn.standard_normal((SCENES * ARMS, FEATURES)))
    pairs = [(ARMS * s + i, ARMS * s + j) for s in range(SCENES) for i in range(ARMS) for j in range(i)] * 2
    gaps = torch.stack([inputs[a, 0] - inputs[b, 0] for a, b in pairs]).numpy()
    wanted = drawn.random(len(pairs)) < (1 / (1 + np.exp(-3 * gaps)) if taste else 0.5)
    groups = [f"{a // ARMS}" for a, _ in pairs]
    return HeadVotes(inputs, torch.tensor(pairs), torch.from_numpy(wanted.astype(float)), groups), inputs[:, 1]


def head_of_second_feature() -> nn.Linear:
    head = nn.Linear(FEATURES, 1)
    with torch.no_grad():
        head.weight.zero_()[0, 1] = 0.1
        head.bias.fill_(0.5)
    return head


def accuracy(head: nn.Linear, votes: HeadVotes) -> float:
    scores = (votes.inputs @ head.weight.detach().double()[0]).numpy()
    first, second = scores[votes.pairs.numpy()].T
    return float(((first > second) == (votes.wanted.numpy() > 0.5)).mean())


@pytest.mark.slow
def test_a_planted_taste_is_found_on_scenes_that_were_not_seen():
    votes, _ = planted()
    unseen, _ = planted(seed=1)
    head = head_of_second_feature()
    assert accuracy(head, unseen) < 0.6
    solved = solve_preferences(head, votes)
    assert accuracy(head, unseen) > 0.85
    assert solved.held_out_loss is not None and solved.held_out_loss < 0.45


def test_votes_by_the_toss_of_a_coin_teach_no_taste():
    votes, _ = planted(taste=False)
    head = head_of_second_feature()
    solve_preferences(head, votes, temperature=0.1)
    assert accuracy(head, planted(seed=1)[0]) < 0.6


def test_scores_that_are_to_be_kept_hold_the_head_back():
    votes, said = planted()
    moved = []
    for weight in (0.01, 10.0):
        head = head_of_second_feature()
        solve_preferences(head, votes, rated=Rated(votes.inputs, 0.5 + 0.1 * said, weight), temperature=0.1, keep=1e-3)
        moved.append(float((votes.inputs @ head.weight.detach().double()[0] - 0.1 * said).std()))
    assert moved[1] < 0.2 * moved[0]


def test_human_scores_move_the_bias_which_votes_cannot():
    votes, said = planted()
    head = head_of_second_feature()
    solve_preferences(head, votes, temperature=0.1, keep=1.0)
    mean = float((votes.inputs @ head.weight.detach().double()[0] + head.bias.detach()).mean())
    assert mean == pytest.approx(0.5 + 0.1 * float(said.mean()), abs=1e-3)
    solve_preferences(head, votes, rated=Rated(votes.inputs, 0.8 + 0.1 * said, 10.0), temperature=0.1, keep=1.0)
    mean = float((votes.inputs @ head.weight.detach().double()[0] + head.bias.detach()).mean())
    assert mean == pytest.approx(0.8 + 0.1 * float(said.mean()), abs=0.01)


def test_the_solution_is_a_minimum_of_what_it_says_it_minimises():
    votes, said = planted()
    head = head_of_second_feature()
    solve_preferences(head, votes, rated=Rated(votes.inputs, 0.5 + 0.1 * said, 1.0), temperature=0.1, keep=0.1)
    weight = head.weight.detach().double()[0].clone().requires_grad_()
    bias = head.bias.detach().double()[0].clone().requires_grad_()
    scores = votes.inputs @ weight + bias
    first, second = scores[votes.pairs].unbind(1)
    entropy = nn.functional.binary_cross_entropy_with_logits((first - second) / 0.1, votes.wanted)
    errors = (scores - (0.5 + 0.1 * said)) / 0.1
    start = torch.zeros(FEATURES, dtype=torch.double)
    start[1] = 0.1
    away = (weight - start) * votes.inputs.std(0) / 0.1
    (entropy + 0.5 * errors.square().mean() + 0.1 * away.square().sum()).backward()
    assert float(weight.grad.abs().max()) < 5e-3 and abs(float(bias.grad)) < 1e-3


def test_of_one_scene_nothing_can_be_left_out_and_the_strongest_penalty_is_taken():
    votes, _ = planted()
    one = HeadVotes(votes.inputs, votes.pairs[:6], votes.wanted[:6], ["0"] * 6)
    solved = solve_preferences(head_of_second_feature(), one)
    assert solved.keep == KEEPS[-1] and solved.held_out_loss is None


def test_a_regressor_that_does_not_end_in_a_linear_layer_is_refused():
    assert linear_head(tiny_net()).out_features == 1
    with pytest.raises(UsageError, match="guarded"):
        linear_head(tiny_net(regressor="guarded"))
