import colour
import numpy as np
import torch
from fixtures.seeded import per_image, uniform

from isp_env.colorimetry.colour import CameraCalibration, ColourBatch
from isp_env.stages.camera import REC2020_LUMA, luminance_weights, to_working_space, working_space_map
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
    display = pixel(-0.3, 0.1234567, 1.7).requires_grad_()
    clipped = clip(display)
    clipped.sum().backward()
    assert torch.equal(clipped.detach(), display.detach().clamp(0, 1))
    assert display.grad.flatten().tolist() == [1, 1, 1]
