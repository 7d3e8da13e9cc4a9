"""From scene light to the display's gamut: tone map, chroma and gamut compression, which hand over Oklab."""

import math

import colour
import numpy as np
import pytest
import torch
from fixtures.seeded import per_image, uniform
from fixtures.tolerances import rounding

from isp_env.colorimetry.colour import XYZ_TO_REC2020
from isp_env.colorimetry.oklab import oklab_from_rec2020, srgb_from_oklab, srgb_from_rec2020
from isp_env.stages.chroma import PALE_CHROMA, adjust_chroma
from isp_env.stages.gamut import LIMIT, THRESHOLD, boundary_distance, compress_gamut
from isp_env.stages.tone import MID_GREY
from isp_env.stages.tone_map import DISPLAY_MID_GREY, DISPLAY_PEAK, display_curve, tone_map

ZERO = torch.zeros(1)
WHITE = per_image(1.7)
SRGB = colour.RGB_COLOURSPACES["sRGB"]


def colour_checker() -> np.ndarray:
    """The 24 patches as linear Rec.2020 with the grey of 18 % at mid grey, the 18 chromatic ones first."""
    chart = colour.CCS_COLOURCHECKERS["ColorChecker24 - After November 2014"]
    xyz = colour.xyY_to_XYZ(list(chart.data.values()))
    to_d65 = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"]
    white, d65 = colour.xy_to_XYZ(chart.illuminant), colour.xy_to_XYZ(to_d65)
    xyz = colour.adaptation.chromatic_adaptation_VonKries(xyz, white, d65)
    return (xyz @ XYZ_TO_REC2020.T) * (MID_GREY / xyz[21, 1])


def hue_deg(xyz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lab = colour.XYZ_to_Oklab(xyz)
    return np.degrees(np.arctan2(lab[:, 2], lab[:, 1])), np.hypot(lab[:, 1], lab[:, 2])


def as_batch(pixels: np.ndarray) -> torch.Tensor:
    return torch.tensor(pixels.T[None, :, :, None])


def pixels_of(batch: torch.Tensor) -> np.ndarray:
    return batch[0, :, :, 0].T.numpy()


def test_oklab_is_that_of_colour_science_and_greys_have_no_chroma():
    rgb = uniform(1, 3, 50, 1, dtype=torch.double) + 0.01
    expected = colour.XYZ_to_Oklab(pixels_of(rgb) @ np.linalg.inv(XYZ_TO_REC2020).T)
    np.testing.assert_allclose(
        pixels_of(oklab_from_rec2020(rgb)), expected, atol=2e-4
    )  # its white is not quite (1, 0, 0)
    grey = oklab_from_rec2020(torch.logspace(-5, 0.3, 20).expand(1, 3, 1, 20))
    assert grey[:, 1:].abs().max() <= rounding(6)


def test_oklab_and_back_is_the_change_of_primaries():
    rgb = uniform(1, 3, 9, 9, dtype=torch.double) + 0.01
    torch.testing.assert_close(srgb_from_oklab(oklab_from_rec2020(rgb)), srgb_from_rec2020(rgb))


@pytest.mark.slow
def test_hues_stay_from_two_stops_down_to_three_up_at_any_contrast():
    patches = colour_checker()[:18]
    before, _ = hue_deg(patches @ np.linalg.inv(XYZ_TO_REC2020).T)
    for ev in range(-2, 4):
        for contrast in (-1.0, -0.5, 0.0, 0.5, 1.0):
            lab = tone_map(as_batch(patches * 2.0**ev), per_image(contrast).double(), WHITE.double())
            shown = pixels_of(compress_gamut(lab)[0]).clip(0, 1)
            after, chroma = hue_deg(shown @ SRGB.matrix_RGB_to_XYZ.T)
            moved = (after - before + 180) % 360 - 180
            assert np.abs(moved[chroma > 0.005]).max() < 3, (ev, contrast)  # paler than that is white or black


def test_the_curve_is_log_logistic_below_and_reaches_white():
    light = torch.tensor([0.02, 0.18, 1.0, 4.0], dtype=torch.double)
    for contrast in (-1.0, 0.0, 0.6):
        exponent = 1.35 * 2**contrast
        k = MID_GREY**exponent * (DISPLAY_PEAK / DISPLAY_MID_GREY - 1)

        def logistic(x, exponent=exponent, k=k):
            return DISPLAY_PEAK * x**exponent / (x**exponent + k)

        at_white = logistic(1.7)
        expected = logistic(light) + (1 - at_white) * (logistic(light) / at_white).clamp_max(1) ** 4
        ours = display_curve(light.view(1, 1, 1, -1), per_image(contrast).double(), WHITE.double())
        torch.testing.assert_close(ours[0, 0, 0], expected)


def test_the_curve_rises_keeps_mid_grey_and_makes_blown_areas_white_at_any_contrast():
    contrast, white = torch.linspace(-1, 1, 9), per_image(1.7).expand(9)
    light = torch.logspace(-4, 1, 2000).expand(9, 3, 1, -1)
    assert (display_curve(light, contrast, white).diff(dim=-1) >= 0).all()
    grey = display_curve(torch.full((9, 3, 1, 1), MID_GREY), contrast, white)
    assert ((grey - DISPLAY_MID_GREY).abs() < 0.03).all() and (grey[4] - DISPLAY_MID_GREY).abs().max() < 0.001
    blown = compress_gamut(tone_map(torch.full((9, 3, 1, 1), 1.7), contrast, white))[0]
    torch.testing.assert_close(blown, torch.ones_like(blown), atol=rounding(40), rtol=0)


def test_tone_map_gradients_are_finite_for_any_light():
    light = torch.tensor([-10.0, -1e-9, 0.0, 1e-12, 1.0, 1e6]).view(1, 1, 1, -1).expand(2, 3, 1, -1).clone()
    light.requires_grad_(True)
    contrast = per_image(-1, 1).requires_grad_(True)
    tone_map(light, contrast, WHITE.expand(2)).sum().backward()
    assert torch.isfinite(light.grad).all() and torch.isfinite(contrast.grad).all()


def test_tone_map_gradient():
    light = (uniform(1, 3, 2, 2, dtype=torch.double) + 0.01).requires_grad_(True)
    inputs = [per_image(value, dtype=torch.double).requires_grad_(True) for value in (0.3, 1.7)]
    assert torch.autograd.gradcheck(tone_map, (light, *inputs))


def test_chroma_at_identity_changes_nothing():
    lab = uniform(1, 3, 4, 4) - 0.3
    assert torch.equal(adjust_chroma(lab, ZERO, ZERO, ZERO), lab)


def test_saturation_scales_chroma_and_its_low_end_is_grey():
    lab = uniform(1, 3, 4, 4)
    strong = adjust_chroma(lab, per_image(1), ZERO, ZERO)
    assert torch.equal(strong, torch.cat([lab[:, :1], 2 * lab[:, 1:]], 1))
    grey = srgb_from_oklab(adjust_chroma(lab, per_image(-1), ZERO, ZERO))
    assert (grey.amax(1) - grey.amin(1)).max() <= rounding(12)


def test_vibrance_lifts_pale_colours_and_spares_vivid_ones():
    lightness = 0.6
    for share, expected in ((0, 2), (1, 1.5), (3, 1.1)):
        chroma = share * PALE_CHROMA * lightness + 1e-7
        lab = torch.tensor([lightness, chroma, 0.0]).view(1, 3, 1, 1)
        gain = adjust_chroma(lab, ZERO, per_image(1), ZERO)[0, 1] / chroma
        assert float(gain) == pytest.approx(expected, rel=1e-4)


def test_hue_turns_by_the_stated_angle_red_towards_yellow():
    red = oklab_from_rec2020(torch.tensor([0.5, 0.1, 0.1]).view(1, 3, 1, 1))
    turned = adjust_chroma(red, ZERO, ZERO, per_image(15.0))
    angles = [math.degrees(math.atan2(float(lab[0, 2]), float(lab[0, 1]))) for lab in (red, turned)]
    assert angles[1] - angles[0] == pytest.approx(15, abs=1e-3)  # yellow lies at 110 degrees, red at 29
    assert turned[0, 0] == red[0, 0]


def test_chroma_gradient():
    lab = (uniform(1, 3, 2, 2, dtype=torch.double) * 0.5 + 0.2).requires_grad_(True)
    params = [per_image(v, dtype=torch.double).requires_grad_(True) for v in (0.3, -0.4, 5.0)]
    assert torch.autograd.gradcheck(adjust_chroma, (lab, *params))


def rays(distances: torch.Tensor) -> torch.Tensor:
    """(18 hues and lightnesses, distances): Oklab colours at stated distances, the boundary found by bisection."""
    lab = torch.stack([torch.tensor(row) for row in _directions()])  # (rays, 3)
    low, high = torch.zeros(len(lab)), torch.full((len(lab),), 8.0)
    for _ in range(60):
        middle = (low + high) / 2
        srgb = srgb_from_oklab((lab * torch.stack([torch.ones_like(middle), middle, middle], 1)).T[None, :, None])
        inside = ((srgb >= 0) & (srgb <= 1)).all(1)[0, 0]
        low, high = torch.where(inside, middle, low), torch.where(inside, high, middle)
    chroma = low[:, None] * distances
    return torch.stack([lab[:, :1].expand_as(chroma), lab[:, 1:2] * chroma, lab[:, 2:] * chroma])[None]


def _directions() -> list[list[float]]:
    angles = [math.radians(20 * step) for step in range(18)]
    return [[(0.3, 0.5, 0.7)[i % 3], 0.1 * math.cos(angle), 0.1 * math.sin(angle)] for i, angle in enumerate(angles)]


def test_the_distance_to_the_boundary_is_right_where_it_decides():
    distances = torch.tensor([0.85, 0.95, 1.0, 1.2, 1.5])
    found = boundary_distance(rays(distances))[0, 0]
    error = (found / distances - 1).abs().amax(0)
    assert (error < torch.tensor([0.04, 0.015, 0.003, 0.05, 0.12])).all(), error


def test_colours_inside_the_gamut_are_untouched():
    lab = rays(torch.linspace(0, 0.8 * THRESHOLD, 9))
    compressed, beyond = compress_gamut(lab)
    assert torch.equal(compressed, srgb_from_oklab(lab))
    assert beyond.max() == 0


def test_compression_keeps_order_lightness_and_hue_and_ends_at_the_boundary():
    lab = rays(torch.linspace(0.5, LIMIT, 100))
    compressed, _ = compress_gamut(lab)
    assert compressed.min() > -0.03 and compressed.max() < 1.03  # the step's error, at the far end
    shown = colour.XYZ_to_Oklab(compressed[0].flatten(1).T.double().numpy() @ SRGB.matrix_RGB_to_XYZ.T)
    before = lab[0].flatten(1).T.numpy()
    np.testing.assert_allclose(shown[:, 0], before[:, 0], atol=1e-3)
    turned = np.arctan2(shown[:, 2], shown[:, 1]) - np.arctan2(before[:, 2], before[:, 1])
    assert np.degrees(np.abs((turned + np.pi) % (2 * np.pi) - np.pi)).max() < 0.2
    chroma = np.hypot(shown[:, 1], shown[:, 2]).reshape(18, 100)
    assert (np.diff(chroma, axis=1) > -1e-4).all()


def test_gamut_gradients_are_finite_for_any_colour():
    lab = torch.tensor([[0, 0, 0], [1, 0, 0], [1.1, 0.2, -0.3], [0.5, 5, 1], [1e-3, 0.1, 0]]).float()
    lab = lab.T[None, :, None].clone().requires_grad_(True)
    compressed, beyond = compress_gamut(lab)
    (compressed.sum() + beyond.sum()).backward()
    assert torch.isfinite(lab.grad).all()


def test_gamut_gradient():
    lab = torch.tensor([[0.6, 0.2, 0.05], [0.5, 0.02, -0.1], [0.9, -0.1, 0.3]]).double().T[None, :, None]
    assert torch.autograd.gradcheck(lambda x: compress_gamut(x)[0], lab.clone().requires_grad_(True))
