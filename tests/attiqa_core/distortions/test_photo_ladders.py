"""Ladders: in order, of what they say, the same for the same seed, and lenient where nothing is to see."""

import pytest
import torch
from fixtures.seeded import random_pictures, seeded

from attiqa_core.distortions.photo_ladders import (
    KINDS,
    MARGINS,
    LaddersInTurn,
    MixedLadders,
    PhotoLadders,
    cast_of,
    scale_chroma,
    turn_hue,
)
from attiqa_core.distortions.rungs import PLAIN, margins_of
from attiqa_core.srgb import linear_from_srgb, luma


def unasked(images):
    raise AssertionError("these ladders do not depend on the scorer")


def photos():
    """Coloured pictures with detail, in which every change shows."""
    small = torch.rand(2, 3, 24, 24, generator=seeded()) * 0.6 + 0.2
    return torch.nn.functional.interpolate(small, size=96, mode="bicubic").clamp(0, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_rung_lies_farther_from_the_photo_than_the_first(kind):
    change, first, second = KINDS[kind].change, KINDS[kind].near, KINDS[kind].far
    image = photos()
    near, far = (change(image, sum(ends) / 2, seeded(3)) for ends in (first, second))
    to_near, to_far = ((each - image).abs().mean() for each in (near, far))
    assert 0.001 < to_near < to_far
    assert near.shape == image.shape and near.min() >= 0 and near.max() <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_of_nothing_is_the_photo_and_no_change_touches_it(kind):
    image = photos()
    before = image.clone()
    torch.testing.assert_close(KINDS[kind].change(image, 0.0, seeded()), image, atol=2e-3, rtol=0)
    KINDS[kind].change(image, KINDS[kind].near[0], seeded())
    assert torch.equal(image, before)


def test_chroma_is_scaled_about_grey_of_the_same_luma():
    halved = scale_chroma(photos(), -1.0, seeded())
    torch.testing.assert_close(luma(halved), luma(photos()))
    torch.testing.assert_close(halved - luma(halved), (photos() - luma(photos())) / 2)


@pytest.mark.parametrize(
    ("turn", "strongest", "weakest"), [(0, 0, None), (1 / 3, 1, None), (2 / 3, 2, None), (1 / 2, None, 0)]
)
def test_a_cast_raises_the_channels_of_its_hue_and_keeps_the_light(turn, strongest, weakest):
    grey = torch.full((1, 3, 4, 4), 0.5)
    tinted = cast_of(grey, 0.5, turn * 2 * torch.pi)
    channels = tinted.mean((0, 2, 3))
    assert channels.argmax() == strongest if strongest is not None else channels.argmin() == weakest
    linear = linear_from_srgb(tinted)
    torch.testing.assert_close(luma(linear), luma(linear_from_srgb(grey)), rtol=1e-4, atol=1e-4)
    assert float((linear.amax() / linear.amin()).log2()) == pytest.approx(0.5, abs=1e-3)


def test_a_third_of_a_turn_of_hue_exchanges_the_channels_of_what_is_not_clipped():
    image = photos() * 0.2 + 0.4
    turned = turn_hue(image, 120.0, seeded())
    torch.testing.assert_close(luma(turned), luma(image))
    torch.testing.assert_close(
        (turned - turned.mean(1, keepdim=True)), (image - image.mean(1, keepdim=True))[:, [1, 2, 0]]
    )


def test_margins_are_asked_for_where_a_difference_is_to_be_seen():
    grey = torch.full((3, 1, 3, 8, 8), 0.5)
    grey[1] += PLAIN / 2
    assert margins_of(grey, torch.tensor([0.04, 0.06])).flatten().tolist() == pytest.approx([0.02, 0.03], rel=1e-4)
    grey[1] += PLAIN
    assert margins_of(grey, torch.tensor([0.04, 0.06])).flatten().tolist() == pytest.approx([0.04, 0.06])
    assert margins_of(grey[:1].expand(3, -1, -1, -1, -1), torch.tensor([0.04, 0.06])).sum() == 0


def test_rungs_are_the_same_for_the_same_seed_and_have_the_size_asked_for():
    ladders = PhotoLadders(random_pictures(3, 50, 60))
    one, other = (ladders.draw(5, 32, seeded(1), unasked) for _ in range(2))
    assert one.images.shape == (3, 5, 3, 32, 32) and one.margins.shape == (2, 5)
    assert torch.equal(one.images, other.images) and torch.equal(one.margins, other.margins)
    assert (one.margins <= torch.tensor(MARGINS)[:, None] + 1e-6).all() and one.margins.max() > 0.03
    assert not torch.equal(one.images, ladders.draw(5, 32, seeded(2), unasked).images)


def test_a_mixture_gives_each_part_its_share_at_one_size():
    class Small(PhotoLadders):
        def draw(self, scenes, side, generator, score):
            drawn.append(scenes)
            return super().draw(scenes, 16, generator, score)

    drawn = []
    mixed = MixedLadders([PhotoLadders(random_pictures(3, 50, 60)), Small(random_pictures(2, 40, 40))])
    rungs = mixed.draw(5, 32, seeded(), unasked)
    assert drawn == [2]
    assert rungs.images.shape == (3, 5, 3, 16, 16) and rungs.margins.shape == (2, 5)
    assert mixed.described()["Small"]["photos"] == 2


def test_in_turn_one_part_has_all_scenes_and_each_part_comes():
    class Counted(PhotoLadders):
        def draw(self, scenes, side, generator, score):
            drawn.append((self, scenes))
            return super().draw(scenes, side, generator, score)

    drawn, generator = [], seeded()
    parts = [Counted(random_pictures(2, 40, 40)), Counted(random_pictures(2, 40, 40))]
    for _ in range(12):
        assert LaddersInTurn(parts).draw(3, 16, generator, unasked).images.shape == (3, 3, 3, 16, 16)
    assert {scenes for _, scenes in drawn} == {3} and len(drawn) == 12
    assert {id(part) for part, _ in drawn} == {id(part) for part in parts}
