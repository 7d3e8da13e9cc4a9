"""The squares of a picture, and what a judge makes of a whole picture by them."""

import pytest
import torch
from fixtures.seeded import uniform

from isp_env.rendering.squares import read_whole, squares


@pytest.mark.parametrize(
    ("shape", "count"), [((30, 30), 1), ((30, 33), 1), ((30, 40), 2), ((45, 30), 2), ((20, 80), 4)]
)
def test_squares_cover_the_picture_from_end_to_end(shape, count):
    places = torch.arange(shape[0] * shape[1]).float().view(1, 1, *shape)
    found = squares(places.expand(1, 3, -1, -1))
    assert len(found) == count
    assert len(torch.cat([each[:, 0].flatten() for each in found]).unique()) == places.numel()
    assert count == 1 or all(each.shape[-2:] == (min(shape), min(shape)) for each in found)


def test_a_whole_picture_scores_the_mean_of_its_squares_and_a_square_what_the_judge_says(tiny_scorer):
    images = uniform(2, 3, 64, 96)
    scores, attributes = read_whole(tiny_scorer, images)
    left, right = (tiny_scorer.read(each) for each in (images[..., :64], images[..., 32:]))
    torch.testing.assert_close(scores, (left[0] + right[0]) / 2)
    torch.testing.assert_close(attributes, (left[1] + right[1]) / 2)
    assert torch.equal(read_whole(tiny_scorer, images[..., :64])[0], left[0])
    assert torch.equal(read_whole(tiny_scorer, [images[0], images[1][..., :64]])[0][1:], left[0][1:])
