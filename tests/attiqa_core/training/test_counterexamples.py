"""What a two-sided scene asks of a score: a peak, which no leaning to one side gives."""

import pytest
import torch

from attiqa_core.distortions.rungs import Rungs
from attiqa_core.training.counterexamples import ladder_loss


def rungs_of(two_sided, scenes=1):
    """Pictures of one pixel: 0.5 between 0.4 and 0.6."""
    values = torch.tensor([0.5, 0.4, 0.6]).view(3, 1, 1, 1, 1).expand(3, scenes, 3, 1, 1)
    return Rungs(values, torch.full((2, scenes), 0.05), two_sided)


def value(images):
    return images.mean((1, 2, 3))


TWO_SIDED = torch.tensor([True])


@pytest.mark.parametrize("slope", [-1.0, -0.3, 0.3, 1.0])
def test_leaning_to_either_side_costs_more_than_standing_level(slope):
    level = ladder_loss(lambda images: 0 * value(images), rungs_of(TWO_SIDED))
    leaning = ladder_loss(lambda images: slope * value(images), rungs_of(TWO_SIDED))
    torch.testing.assert_close(level, torch.tensor(0.05))
    torch.testing.assert_close(leaning, torch.tensor(0.05 + 0.1 * abs(slope)))


def test_a_ladder_of_one_direction_is_pleased_by_leaning():
    """Which is why a peak is asked for: the same pictures as two ladders gain what one side loses, and stop at the margin."""
    one_way = rungs_of(torch.tensor([False]))
    up = Rungs(one_way.images[[0, 1, 1]], torch.tensor([[0.05], [0.0]]), None)
    assert ladder_loss(value, up) == 0 < ladder_loss(lambda images: 0 * value(images), up)


def test_a_peak_costs_nothing():
    assert ladder_loss(lambda images: -2 * (value(images) - 0.5).abs(), rungs_of(TWO_SIDED)) == 0


def test_at_a_level_place_the_gradient_pushes_both_sides_down_and_the_photo_up():
    scores = torch.zeros(3, requires_grad=True)
    ladder_loss(lambda images: scores, rungs_of(TWO_SIDED)).backward()
    photo, below, above = (scores.grad if scores.grad is not None else torch.zeros(3)).tolist()
    assert photo < 0 < below == above == -photo / 2


def test_only_the_harder_side_is_pushed_where_they_differ():
    scores = torch.tensor([0.0, 0.01, 0.0], requires_grad=True)
    ladder_loss(lambda images: scores, rungs_of(TWO_SIDED)).backward()
    assert scores.grad is not None and scores.grad.tolist() == [-1.0, 1.0, 0.0]


def test_ladders_beside_peaks_cost_what_they_cost_alone():
    def score(images):
        return (3 * value(images)).sin()

    alone = [ladder_loss(score, rungs_of(torch.tensor([each]))) for each in (False, True)]
    torch.testing.assert_close(alone[0], ladder_loss(score, rungs_of(None)))
    both = ladder_loss(score, rungs_of(torch.tensor([False, True]), scenes=2))
    torch.testing.assert_close(both, sum(alone) / 2)
