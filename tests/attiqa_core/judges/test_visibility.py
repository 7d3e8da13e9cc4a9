"""What can be told from its photo: by how far colours moved, on average over the picture."""

import numpy as np
import pytest
import torch
from fixtures.seeded import random_pictures, seeded

from attiqa_core.distortions.edits import chroma_times, exposed
from attiqa_core.judges.visibility import JUST_NOTICEABLE, can_be_told, visible_change
from attiqa_core.photos.images import to_images


def coloured():
    small = torch.rand(1, 3, 8, 8, generator=seeded()) * 0.6 + 0.2
    return torch.nn.functional.interpolate(small, size=64, mode="bicubic").clamp(0, 1)


def test_the_change_of_one_colour_is_the_published_difference_of_the_two():
    """sRGB 128 and 129 grey: L* 53.585 and 53.976, CIEDE2000 0.379 by its formula (Sharma, Wu and Dalal 2005)."""
    lightness = np.array([53.585, 53.976])
    mean = lightness.mean() - 50
    expected = np.diff(lightness)[0] / (1 + 0.015 * mean**2 / np.sqrt(20 + mean**2))
    grey = [torch.full((1, 3, 4, 4), value / 255) for value in (128, 129)]
    assert visible_change(*grey) == pytest.approx(expected, abs=2e-3)
    assert not can_be_told(*grey)


def test_a_photo_is_itself_and_one_setting_wrong_can_be_told_both_ways():
    photo = coloured()
    halved = chroma_times(photo, 0.5)
    assert visible_change(photo, photo) == 0
    assert can_be_told(photo, halved) and can_be_told(halved, photo)


def test_a_grey_photo_with_half_of_its_chroma_and_a_black_one_exposed_less_cannot_be_told():
    grey = coloured().mean(1, keepdim=True).expand(-1, 3, -1, -1)
    assert not can_be_told(grey, chroma_times(grey, 0.5)) and can_be_told(grey, exposed(grey, -1.5))
    black = torch.full((1, 3, 8, 8), 0.002)
    assert not can_be_told(black, exposed(black, -1.5))


def test_what_is_measured_of_every_second_pixel_is_the_mean_of_all():
    photo = to_images(random_pictures(1, 128, 128)[0][None])
    version = chroma_times(photo, 0.9)
    quarters = [visible_change(photo[..., y:, x:], version[..., y:, x:]) for y in range(2) for x in range(2)]
    assert visible_change(photo, version) == pytest.approx(sum(quarters) / 4, rel=0.02)
    assert visible_change(photo, version) > JUST_NOTICEABLE
