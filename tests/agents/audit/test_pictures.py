"""Each way to spoil a picture is seen by its rulers, and what mends one is not taken for it."""

import pytest
import torch
from fixtures.photographs import three_photographs

from agents.audit.picture_rulers import rulers
from agents.audit.pictures import SPOILINGS, Change
from attiqa_core.distortions.edits import chroma_times, exposed, sharpened
from attiqa_core.srgb import luma

PHOTOS = three_photographs(192, 400)
BEYOND = {
    "greys": lambda photos: chroma_times(photos, 0.5),
    "oversaturates": lambda photos: chroma_times(photos, 1.8),
    "casts": lambda photos: photos * torch.tensor([1.0, 0.9, 0.75])[:, None, None],
    "over-sharpens": lambda photos: sharpened(photos, 2.5),
    "flattens": lambda photos: 0.5 * photos + 0.25,
    "darkens": lambda photos: exposed(photos, -2.5),
    "clips": lambda photos: exposed(photos, 2.5),
}
"""What is done to photos, by what a policy that does it is called."""


def found(before, after):
    """The names of what most of the photos are spoiled by."""
    change = Change(rulers(before, before, 1), rulers(after, after, 1))
    return {each.called for each in SPOILINGS if each.beyond(change).float().mean() > 0.5}


@pytest.mark.parametrize("name", BEYOND)
def test_each_spoiling_is_called_by_name(name):
    assert name in found(PHOTOS, BEYOND[name](PHOTOS).clamp(0, 1))


def test_noise_is_told_from_sharpening():
    noise = torch.randn(PHOTOS.shape, generator=torch.Generator().manual_seed(0))
    smooth = torch.nn.functional.avg_pool2d(PHOTOS, 5, 1, 2)
    assert found(smooth, (smooth + 0.004 * noise).clamp(0, 1)) & {"raises noise", "over-sharpens"}


def test_a_picture_is_not_spoiled_by_itself_nor_by_half_a_stop():
    assert found(PHOTOS, PHOTOS) == set() == found(PHOTOS, exposed(PHOTOS, -0.5).clamp(0, 1))


def test_taking_a_cast_away_is_no_greying_and_a_grey_picture_has_no_colour_to_lose():
    cast = BEYOND["casts"](PHOTOS)
    assert "greys" not in found(cast, PHOTOS)
    grey = luma(PHOTOS).expand_as(PHOTOS)
    assert "greys" not in found(grey, grey)
