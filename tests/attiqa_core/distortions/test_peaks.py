"""Peaks: the photo between its two sides, both of them as far away, the same for the same seed."""

import pytest
import torch
from fixtures.seeded import random_pictures, seeded

from attiqa_core.distortions.peaks import AXES, MARGIN, PhotoPeaks, sides_of
from attiqa_core.distortions.photo_ladders import MixedLadders, PhotoLadders
from attiqa_core.srgb import luma


def unasked(images):
    raise AssertionError("peaks do not depend on the scorer")


def photo():
    small = torch.rand(1, 3, 12, 12, generator=seeded()) * 0.4 + 0.3
    return torch.nn.functional.interpolate(small, size=48, mode="bicubic").clamp(0, 1)


@pytest.mark.parametrize("name", AXES)
@pytest.mark.parametrize("place", [0.0, 1.0])
def test_the_sides_lie_on_opposite_sides_of_the_photo(name, place):
    middle, below, above = sides_of(photo(), AXES[name], place).split(1)
    assert torch.equal(middle, photo())
    down, up = below - middle, above - middle
    likeness = torch.nn.functional.cosine_similarity(down.flatten(), up.flatten(), dim=0)
    assert likeness < -0.5 and down.abs().mean() > 0.005 and up.abs().mean() > 0.005
    assert min(below.min(), above.min()) >= 0 and max(below.max(), above.max()) <= 1


def test_a_peak_of_light_is_between_yellowish_and_bluish_ones():
    _, below, above = sides_of(torch.full((1, 3, 8, 8), 0.5), AXES["warm and blue"], 0.5).mean((2, 3))
    assert above[0] > above[1] > above[2] and below[0] < below[1] < below[2]


def test_chroma_is_divided_and_multiplied_by_the_same():
    middle, below, above = sides_of(photo(), AXES["chroma"], 0.0).split(1)
    of = [(each - luma(each)).abs().mean() for each in (below, middle, above)]
    torch.testing.assert_close(of[1] / of[0], of[2] / of[1], rtol=0.02, atol=0)


def test_draws_are_the_same_for_a_seed_and_two_sided_with_a_margin_on_either_side():
    peaks = PhotoPeaks(random_pictures(3, 50, 60))
    one, other = (peaks.draw(5, 32, seeded(1), unasked) for _ in range(2))
    assert torch.equal(one.images, other.images) and torch.equal(one.margins, other.margins)
    assert one.images.shape == (3, 5, 3, 32, 32) and one.margins.shape == (2, 5) and bool(one.between.all())
    assert one.margins.min() > 0 and one.margins.max() <= MARGIN * (1 + 1e-6)
    assert not torch.equal(one.images, peaks.draw(5, 32, seeded(2), unasked).images)


def test_beside_ladders_each_scene_keeps_its_kind():
    pictures = random_pictures(3, 50, 60)
    mixed = MixedLadders([PhotoLadders(pictures), PhotoPeaks(pictures)]).draw(5, 32, seeded(), unasked)
    assert mixed.between.tolist() == [False] * 3 + [True] * 2


def test_a_grey_photo_has_no_peak_of_chroma_to_ask_for():
    grey = torch.full((3, 20, 20), 128, dtype=torch.uint8)
    rungs = PhotoPeaks([grey]).draw(24, 16, seeded(), unasked)
    same = (rungs.images[1] - rungs.images[0]).abs().mean((1, 2, 3)) < 1e-6
    assert same.any() and torch.equal(same, rungs.margins[0] < 1e-6)
