"""Photos set otherwise by known amounts."""

import math

import pytest
import torch

from attiqa_core.distortions.edits import cast_of, chroma_times, exposed
from attiqa_core.distortions.settings import (
    CAST_EV,
    CHROMA,
    CONTRAST,
    EXPOSURE_EV,
    OFTEN,
    SETTINGS,
    drawn,
    set_otherwise,
)
from attiqa_core.srgb import luma


@pytest.fixture(scope="module")
def photos():
    return 0.2 + 0.6 * torch.rand(3, 3, 12, 16, generator=torch.Generator().manual_seed(0))


def settings(**off):
    return torch.tensor([[off.get(name, 0.0) for name in SETTINGS]] * 3)


def test_nothing_off_leaves_every_bit(photos):
    assert torch.equal(set_otherwise(photos, settings()), photos)


@pytest.mark.parametrize(
    ("off", "edited"),
    [
        ({"chroma": -1.0}, lambda photos: chroma_times(photos, 0.5)),
        ({"exposure": 0.7}, lambda photos: exposed(photos, 0.7)),
        ({"cast_x": 0.4}, lambda photos: cast_of(photos, 0.4, 0.0)),
        ({"cast_x": -0.3, "cast_y": 0.3}, lambda photos: cast_of(photos, math.hypot(0.3, 0.3), math.radians(135))),
    ],
)
def test_one_setting_alone_is_the_edit_that_the_gate_makes(photos, off, edited):
    each = torch.cat([edited(photo) for photo in photos.split(1)])
    torch.testing.assert_close(set_otherwise(photos, settings(**off)), each)


def test_less_contrast_is_nearer_to_the_mean(photos):
    flat = set_otherwise(photos, settings(contrast=-1.0))
    assert torch.allclose(luma(flat).mean((1, 2, 3)), luma(photos).mean((1, 2, 3)), atol=1e-6)
    assert torch.allclose(luma(flat).std((1, 2, 3)), luma(photos).std((1, 2, 3)) / 2, rtol=1e-4)


def test_drawn_settings_keep_their_ranges_and_are_as_often_off_as_said():
    chosen = drawn(4000, torch.Generator().manual_seed(1))
    assert torch.equal(chosen, drawn(4000, torch.Generator().manual_seed(1)))
    chroma, cast_x, cast_y, exposure, contrast = chosen.unbind(1)
    cast_ev = torch.hypot(cast_x, cast_y)
    for values, (low, high) in (
        (chroma, CHROMA),
        (cast_ev, (0.0, CAST_EV)),
        (exposure, EXPOSURE_EV),
        (contrast, CONTRAST),
    ):
        assert low <= values.min() < low + 0.1 * (high - low) and high - 0.1 * (high - low) < values.max() <= high
    shares = torch.stack([(values != 0).float().mean() for values in (chroma, cast_ev, exposure, contrast)])
    assert torch.allclose(shares, torch.tensor(OFTEN), atol=4 * 0.5 / 4000**0.5)  # four standard errors
