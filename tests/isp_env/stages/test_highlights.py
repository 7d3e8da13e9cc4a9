import pytest
import torch
from fixtures.seeded import uniform

from isp_env.stages.highlights import CLIP_START, restore_highlights, restore_mosaic_highlights

GAINS = torch.tensor([[1.9, 1.0, 1.7]])


def test_highlights_below_clipping_are_untouched():
    rgb = uniform(2, 3, 8, 8) * CLIP_START
    assert torch.equal(restore_highlights(rgb, GAINS.expand(2, 3)), rgb)


def test_clipped_white_is_neutral_and_clipped_green_is_not_magenta():
    white = restore_highlights(torch.ones(1, 3, 1, 1), GAINS) * GAINS[..., None, None]
    torch.testing.assert_close(white, torch.full_like(white, 1.9))
    green_clipped = restore_highlights(torch.tensor([0.7, 1.0, 0.8]).view(1, 3, 1, 1), GAINS) * GAINS[..., None, None]
    red, green, blue = green_clipped.flatten().tolist()
    assert green == pytest.approx((red + blue) / 2)


def test_a_saturated_light_keeps_its_hue():
    orange = torch.tensor([1.0, 0.5, 0.1]).view(1, 3, 1, 1)
    assert torch.equal(restore_highlights(orange, GAINS), orange)


def test_highlights_of_a_mosaic_are_those_of_rgb():
    rgb = uniform(1, 3, 6, 6) * 0.3 + 0.7
    planes = rgb[:, [0, 1, 1, 2]]
    restored = restore_mosaic_highlights(planes, GAINS)
    torch.testing.assert_close(restored[:, [0, 1, 3]], restore_highlights(rgb, GAINS))


def test_highlights_gradient():
    rgb = (uniform(1, 3, 3, 3, dtype=torch.double) * 0.4 + 0.7).requires_grad_(True)
    assert torch.autograd.gradcheck(lambda x: restore_highlights(x, GAINS.double()), rgb)
