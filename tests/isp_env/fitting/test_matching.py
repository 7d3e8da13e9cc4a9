"""References at the size of what they are compared with."""

import pytest
import torch

from attiqa_core.errors import InputError
from attiqa_core.srgb import linear_from_srgb, srgb_from_linear
from isp_env.fitting.matching import crop_of, shrunk


def test_a_picture_is_averaged_in_linear_light():
    picture = torch.zeros(3, 4, 4)
    picture[:, :, ::2] = 1.0
    assert torch.allclose(shrunk(picture, (2, 2), "x"), srgb_from_linear(torch.full((3, 2, 2), 0.5)), atol=1e-6)


def test_a_picture_of_the_size_is_left_alone():
    picture = torch.rand(3, 6, 8)
    assert shrunk(picture, (6, 8), "x") is picture


@pytest.mark.parametrize("size", [(8, 6), (6, 9)])
def test_a_picture_of_another_shape_is_refused_by_the_raws_name(size):
    with pytest.raises(InputError, match=r"a\.dng: its reference is"):
        shrunk(torch.rand(3, 60, 80), size, "a.dng")


def test_a_crop_of_the_reference_shows_what_the_crop_of_the_raw_shows(frame):
    proxy = frame.proxy(32, by_area=True, crops=1, crop_px=24)
    (crop,) = proxy.crops
    picture = torch.from_numpy(linear_from_srgb(torch.rand(3, 64, 64)).numpy())
    top, left = (round(place * crop.proxy_px) for place in crop.place)
    assert torch.equal(crop_of(picture, crop), picture[:, top : top + 24, left : left + 24])
