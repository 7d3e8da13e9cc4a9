import torch

from agents.tools.every_choice import relative

TRIED = torch.tensor([[0.5, -0.2, 0.1, 0.0], [0.05, -0.02, 0.01, 0.0], [-0.001, -4.0, -0.01, 0.0]])
ALL = torch.ones(TRIED.shape, dtype=torch.bool)


def test_states_whose_gains_differ_tenfold_count_as_much():
    worth = relative(TRIED, ALL, floor=0.03, worst=-1.0, cost=0.3)
    assert torch.allclose(worth[0], torch.tensor([0.7, -0.7, -0.1, 0.0]))
    assert torch.allclose(worth[0], worth[1])


def test_where_nothing_is_left_to_do_the_stop_is_best_and_harm_counts_by_the_floor():
    worth = relative(TRIED, ALL, floor=0.02, worst=-1.0, cost=0.3)[2]
    assert torch.allclose(worth, torch.tensor([-0.35, -1.3, -0.8, 0.0]))


def test_what_is_not_allowed_is_no_measure_and_worth_nothing():
    masks = ALL.clone()
    masks[0, 0] = False
    worth = relative(TRIED, masks, floor=0.03, worst=-1.5, cost=0.0)[0]
    assert torch.allclose(worth, torch.tensor([0.0, -1.5, 1.0, 0.0]))
