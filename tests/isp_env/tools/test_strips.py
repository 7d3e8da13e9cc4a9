"""Strips: what an operation sees of a large picture, and what becomes of it."""

import torch

from isp_env.tools.strips import TwoPasses, in_strips
from isp_env.tools.tool import Tool

IMAGES = torch.rand(2, 3, 23, 5, generator=torch.Generator().manual_seed(0))


class Watched:
    """Three times the picture; which sizes it was given."""

    def __init__(self):
        self.rows = []

    def __call__(self, images, strength):
        self.rows.append(images.shape[2])
        return 3 * images


def test_no_strip_is_larger_than_asked_but_by_its_halo_and_all_rows_are_there():
    watched = Watched()
    assert torch.equal(in_strips(watched, 1, IMAGES, None, pixels=2 * 5 * 6), 3 * IMAGES)
    assert watched.rows == [8, 10, 10, 7]  # six rows each and five, and two about them where there are some


def test_what_cannot_be_cut_or_is_small_is_seen_whole():
    watched = Watched()
    in_strips(watched, None, IMAGES, None, pixels=10)
    Tool("watched", "watched", watched, reach_px=0)(IMAGES)
    assert watched.rows == [23, 23]


def test_two_passes_know_the_whole_picture_in_every_strip():
    def share_of_mean(strip, place):
        return strip.sum((1, 2, 3), keepdim=True) / (3 * place.height * 5)

    less_mean = TwoPasses(share_of_mean, lambda strip, strength, mean, place: strip - mean)
    wanted = IMAGES - IMAGES.mean((1, 2, 3), keepdim=True)
    torch.testing.assert_close(in_strips(less_mean, 0, IMAGES, None, pixels=1), wanted, rtol=0, atol=1e-6)
    torch.testing.assert_close(less_mean(IMAGES, None), wanted, rtol=0, atol=1e-6)


def test_a_strip_knows_where_it_lies():
    rows = TwoPasses(
        lambda strip, place: torch.zeros(()), lambda strip, strength, seen, place: torch.full_like(strip, place.top)
    )
    tops = in_strips(rows, 0, IMAGES, None, pixels=2 * 5 * 8)[0, 0, :, 0]
    assert tops.tolist() == [0] * 8 + [8] * 8 + [16] * 7
