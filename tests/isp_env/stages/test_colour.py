import colour
import numpy as np
import pytest
import torch
from fixtures.seeded import per_image, uniform

from isp_env.colour import REC2020_TO_SRGB, CameraCalibration, ColourBatch
from isp_env.stages.camera import REC2020_LUMA, luminance_weights, to_working_space, working_space_map
from isp_env.stages.chroma import adjust_chroma, hue_rotation
from isp_env.stages.gamut import LIMIT, THRESHOLD, compress_gamut
from isp_env.stages.output import clip
from isp_env.stages.sharpen import sharpen_luma

ZERO = torch.zeros(1)


def pixel(*rgb: float) -> torch.Tensor:
    return torch.tensor(rgb).view(1, 3, 1, 1)


def batch_of_one(gains=(1.8, 1.0, 1.5)) -> ColourBatch:
    return ColourBatch.stack([CameraCalibration.from_linear_srgb()], [gains])


def test_luma_is_the_y_row_of_colour_science():
    space = colour.RGB_COLOURSPACES["ITU-R BT.2020"]
    row = colour.models.normalised_primary_matrix(space.primaries, space.whitepoint)[1]
    np.testing.assert_allclose(REC2020_LUMA, row, atol=1e-6)


def test_a_neutral_stays_neutral_and_exposure_is_a_gain():
    gains, matrix, offset = working_space_map(batch_of_one(), ZERO, ZERO, per_image(1), ZERO)
    grey = pixel(0.1, 0.1, 0.1) / gains[..., None, None]
    rgb, luminance = to_working_space(grey * gains[..., None, None], matrix, offset)
    torch.testing.assert_close(rgb, torch.full_like(rgb, 0.2))
    torch.testing.assert_close(luminance, torch.full_like(luminance, 0.2))
    torch.testing.assert_close(luminance_weights(matrix).sum(), torch.tensor(2.0))


def test_blacks_move_black_and_leave_white():
    _, matrix, offset = working_space_map(batch_of_one(), ZERO, ZERO, ZERO, per_image(0.02))
    ends, _ = to_working_space(torch.stack([torch.zeros(3), torch.ones(3)], 1)[None, :, None], matrix, offset)
    torch.testing.assert_close(ends[0, :, 0], torch.tensor([[0.02, 1.0]]).expand(3, 2))


def test_chroma_at_identity_is_the_change_of_primaries():
    rgb = uniform(1, 3, 4, 4)
    reference = colour.RGB_to_RGB(rgb[0].permute(1, 2, 0).double().numpy(), "ITU-R BT.2020", "sRGB")
    ours = adjust_chroma(rgb, ZERO, ZERO, ZERO)[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(ours, reference, atol=2e-4)  # colour-science's sRGB matrices are the standard's, rounded


def test_saturation_scales_chroma_about_luma():
    rgb = uniform(1, 3, 4, 4)
    plain, strong = adjust_chroma(rgb, ZERO, ZERO, ZERO), adjust_chroma(rgb, per_image(1), ZERO, ZERO)
    luma = (rgb * torch.tensor(REC2020_LUMA).view(3, 1, 1)).sum(1, keepdim=True)
    torch.testing.assert_close(strong - luma, 2 * (plain - luma))


def test_vibrance_lifts_pale_colours_and_spares_vivid_ones():
    to_2020 = torch.from_numpy(np.linalg.inv(REC2020_TO_SRGB)).float()

    def gain(*srgb: float) -> float:
        rec2020 = (to_2020 @ torch.tensor(srgb)).view(1, 3, 1, 1)
        vivid, plain = (adjust_chroma(rec2020, ZERO, per_image(v), ZERO) for v in (1, 0))
        return float((vivid.amax() - vivid.amin()) / (plain.amax() - plain.amin()))

    assert gain(0.5, 0.45, 0.45) == pytest.approx(1 + 0.9**2, rel=1e-3)
    assert gain(0.5, 0.0, 0.0) == pytest.approx(1, abs=1e-3)


def test_hue_turns_and_keeps_greys_and_luminance():
    matrix = hue_rotation(per_image(12.0))
    luma = torch.tensor(REC2020_LUMA)
    torch.testing.assert_close(matrix @ torch.ones(3), torch.ones(1, 3))
    torch.testing.assert_close(luma @ matrix, luma[None])
    assert torch.equal(hue_rotation(ZERO)[0], torch.eye(3))
    turned = matrix[0] @ torch.tensor([0.5, 0.1, 0.1])
    assert turned[1] > turned[2]  # red towards yellow


def test_hue_turns_by_the_stated_angle():
    chroma = torch.tensor([1.0, -0.5, -0.5])
    turned = hue_rotation(per_image(15.0))[0] @ (1 + 0.1 * chroma)
    turned = turned - turned.mean()
    cosine = torch.dot(turned, chroma) / turned.norm() / chroma.norm()
    assert float(torch.rad2deg(torch.arccos(cosine))) == pytest.approx(15, abs=0.01)


def test_chroma_gradient():
    rgb = (uniform(1, 3, 2, 2, dtype=torch.double) * 0.5 + 0.2).requires_grad_(True)
    params = [per_image(v, dtype=torch.double).requires_grad_(True) for v in (0.3, -0.4, 5.0)]
    assert torch.autograd.gradcheck(adjust_chroma, (rgb, *params))


def test_colours_inside_the_gamut_are_untouched():
    rgb = uniform(1, 3, 8, 8) * 0.8 + 0.2
    compressed, beyond = compress_gamut(rgb)
    assert torch.equal(compressed, rgb)
    assert beyond.max() == 0


def test_compression_brings_colours_to_the_boundary_in_order_and_keeps_hue():
    distance = torch.linspace(0.5, LIMIT, 200)
    rgb = torch.stack([torch.ones(200), 1 - 0.5 * distance, 1 - distance])[None, :, None]
    compressed, beyond = compress_gamut(rgb)
    lowest = compressed[0, 2, 0]
    assert (lowest.diff() <= 1e-6).all() and lowest[-1] == pytest.approx(0, abs=1e-5)
    torch.testing.assert_close(1 - compressed[0, 1], (1 - compressed[0, 2]) / 2)  # chroma ratios: hue
    torch.testing.assert_close(beyond[0, 0, 0], (distance - 1).clamp_min(0), atol=1e-5, rtol=0)
    assert THRESHOLD < 1 < LIMIT


def test_gamut_gradients_are_finite_at_black_and_far_outside():
    rgb = (
        torch.tensor([[0, 0, 0], [1, -5, 0], [-1, -2, -3], [1e-6, 0, 0]]).T[None, :, None].clone().requires_grad_(True)
    )
    compressed, beyond = compress_gamut(rgb)
    (compressed.sum() + beyond.sum()).backward()
    assert torch.isfinite(rgb.grad).all()


def test_gamut_gradient():
    rgb = torch.tensor([[0.9, 0.1, 0.05], [0.5, 0.2, -0.1], [0.1, 0.7, 0.3]]).double().T[None, :, None]
    assert torch.autograd.gradcheck(lambda x: compress_gamut(x)[0], rgb.clone().requires_grad_(True))


def test_no_sharpening_is_identity():
    rgb = uniform(1, 3, 12, 12)
    assert torch.equal(sharpen_luma(rgb, ZERO, per_image(1), per_image(1)), rgb)


def test_sharpening_is_the_unsharp_mask_of_root_luma():
    import skimage.filters

    grey = uniform(1, 1, 24, 24, dtype=torch.double) * 0.5 + 0.2
    ours = sharpen_luma(
        grey.expand(1, 3, 24, 24),
        per_image(0.8, dtype=torch.double),
        per_image(1.5, dtype=torch.double),
        per_image(1, dtype=torch.double),
    )
    theirs = skimage.filters.unsharp_mask(grey[0, 0].sqrt().numpy(), radius=1.5, amount=0.8, preserve_range=True) ** 2
    inside = (slice(6, -6), slice(6, -6))  # its borders are mirrored
    np.testing.assert_allclose(ours[0, 0].numpy()[inside], theirs[inside], atol=0.01)


def test_sharpening_fades_with_the_scale_and_keeps_flat_colour():
    rgb = uniform(1, 3, 12, 12)
    full, small = (sharpen_luma(rgb, per_image(1), per_image(1), per_image(scale)) - rgb for scale in (1.0, 0.2))
    assert 0.02 < small.std() / full.std() < 0.15
    flat = torch.full((1, 3, 12, 12), 0.3)
    torch.testing.assert_close(sharpen_luma(flat, per_image(1.5), per_image(1), per_image(1)), flat)


def test_sharpen_gradient():
    inputs = [per_image(v, dtype=torch.double).requires_grad_(True) for v in (0.7, 1.2)]
    rgb = (uniform(1, 3, 5, 5, dtype=torch.double) + 0.05).requires_grad_(True)
    assert torch.autograd.gradcheck(
        lambda x, a, r: sharpen_luma(x, a, r, per_image(0.8, dtype=torch.double)), (rgb, *inputs)
    )


def test_clip_is_exact_and_lets_gradients_through():
    display = torch.tensor([-0.3, 0.1234567, 1.7], requires_grad=True)
    clipped = clip(display)
    clipped.sum().backward()
    assert torch.equal(clipped.detach(), display.detach().clamp(0, 1))
    assert display.grad.tolist() == [1, 1, 1]
