"""Whether photos that are to be examined are off together: a cast of the set, not of one photo."""

import numpy as np
import pytest
import torch
from fixtures.seeded import seeded

from attiqa_core.distortions.edits import cast_of
from attiqa_core.judges.shared_cast import shared_cast, white_of

YELLOW, BLUE, GREEN = (float(np.deg2rad(hue)) for hue in (60.0, 240.0, 120.0))
"""Hues of `edits.cast_of`: yellow lowers blue, blue raises it."""


def photos(count):
    """Photos of grey and coloured areas, neutral all in all, each with a small white of its own."""
    generator = seeded()
    for _ in range(count):
        areas = torch.rand((1, 3, 6, 8), generator=generator)
        grey = areas.mean(1, keepdim=True)
        colour = torch.rand((1, 1, 6, 8), generator=generator).round()
        scene = 0.2 + 0.6 * (grey + 0.5 * colour * (areas - grey))
        hue = float(2 * torch.pi * torch.rand((), generator=generator))
        yield cast_of(torch.nn.functional.interpolate(scene, (96, 128), mode="nearest"), 0.05, hue)


def found(amount_ev, hue, count=12):
    return shared_cast(np.array([white_of(cast_of(photo, amount_ev, hue)) for photo in photos(count)]))


def test_a_cast_of_all_photos_is_named():
    """Lab's axes are not those of light: what is under green light is yellow too, and under blue light magenta."""
    assert found(0.4, YELLOW).words == "yellow"
    assert found(0.4, BLUE).words == "magenta and blue"
    assert found(0.4, GREEN).words == "green and yellow"


def test_photos_that_are_off_each_its_own_way_are_told_to_be_nothing():
    assert found(0.0, YELLOW).words is None


def test_the_interval_is_students_over_photos():
    """Of 0.1, 0.2, 0.3, 0.4: mean 0.25, deviation 0.1291, 3.182 times half of that."""
    whites = np.stack([np.zeros(4), np.array([0.1, 0.2, 0.3, 0.4])], 1)
    cast = shared_cast(whites)
    assert (cast.a, cast.b) == pytest.approx((0.0, 0.25)) and cast.a_half_width == 0
    assert cast.b_half_width == pytest.approx(0.2054, abs=1e-4) and cast.words == "yellow"
    assert shared_cast(np.stack([np.zeros(4), np.array([-0.1, 0.2, 0.3, 0.4])], 1)).words is None


def test_one_photo_shares_nothing():
    cast = shared_cast(np.array([[0.5, 0.5]]))
    assert cast.words is None and cast.a_half_width is None
