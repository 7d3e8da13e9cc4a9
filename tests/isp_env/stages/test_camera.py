import colour
import numpy as np
import torch
from fixtures.seeded import per_image

from isp_env.colorimetry.colour import CameraCalibration, ColourBatch
from isp_env.stages.camera import REC2020_LUMA, luminance_weights, to_working_space, working_space_map

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
