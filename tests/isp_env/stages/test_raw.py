import pytest
import torch
from fixtures.seeded import uniform

from isp_env.sensor.cfa import CFA_PATTERNS
from isp_env.stages.defects import correct_defects
from isp_env.stages.highlights import CLIP_START, restore_highlights, restore_mosaic_highlights
from isp_env.stages.mosaic import pack, pad_to_even, unpack

PHASES = torch.arange(4)
GAINS = torch.tensor([[1.9, 1.0, 1.7]])
NOISE = torch.tensor([[1e-3, 1e-6]])


def test_packing_finds_the_colours_of_every_phase():
    block = {"R": 1.0, "B": 4.0}
    for index, pattern in enumerate(CFA_PATTERNS):
        red_row = pattern.index("R") // 2
        values = [block.get(c, 2.0 if i // 2 == red_row else 3.0) for i, c in enumerate(pattern)]
        mosaic = torch.tensor(values).view(1, 1, 2, 2).repeat(1, 1, 3, 3)
        planes = pack(mosaic, torch.tensor([index]))
        assert planes.mean((0, 2, 3)).tolist() == [1, 2, 3, 4]


def test_unpack_inverts_pack():
    mosaic = uniform(4, 1, 6, 8)
    assert torch.equal(unpack(pack(mosaic, PHASES), PHASES), mosaic)


def test_odd_sizes_are_mirrored_in_phase():
    padded = pad_to_even(uniform(1, 1, 5, 7))
    assert padded.shape == (1, 1, 6, 8)
    assert torch.equal(padded[..., 5, :], padded[..., 3, :])


def test_a_defect_is_replaced_and_everything_else_stays():
    planes = 0.3 + 0.05 * uniform(1, 4, 16, 16)
    broken = planes.clone()
    broken[0, 0, 5, 5], broken[0, 2, 9, 3], broken[0, 3, 0, 0] = 1.0, 0.0, 1.0
    corrected = correct_defects(broken, NOISE)
    changed = corrected != broken
    assert changed.nonzero().tolist() == [[0, 0, 5, 5], [0, 2, 9, 3], [0, 3, 0, 0]]
    assert (corrected - planes).abs().max() < 0.06


def test_edges_lines_and_noise_are_no_defects():
    planes = torch.full((1, 4, 16, 16), 0.1)
    planes[..., 8:] = 0.9
    planes[..., 4, :] = 0.7
    planes = planes + 0.01 * uniform(1, 4, 16, 16)
    assert torch.equal(correct_defects(planes, NOISE), planes)


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
