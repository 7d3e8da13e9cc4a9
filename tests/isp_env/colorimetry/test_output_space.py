"""Other output spaces: the same picture, with more room for colour."""

import numpy as np
import pytest
import torch

from attiqa_core.errors import UsageError
from attiqa_core.srgb import linear_from_srgb, srgb_from_linear
from isp_env.colorimetry import oklab
from isp_env.colorimetry.colour import D65_XYZ, rgb_to_xyz_matrix
from isp_env.colorimetry.output_space import DISPLAY_P3, REC2020_LINEAR, SPACES, SRGB
from isp_env.native import kernel
from isp_env.parameters.profile_files import find_profile
from isp_env.params import PARAMETERS, IspParams
from isp_env.raw import RawFrame
from isp_env.stages.gamut import LIMIT, THRESHOLD, boundary_distance, compress_gamut
from isp_env.stages.output import quantise
from isp_env.tiles import render_full, render_in_tiles, render_quantised

WIDE = (DISPLAY_P3, REC2020_LINEAR)
names = pytest.mark.parametrize("space", WIDE, ids=lambda space: space.name)


def mosaic(height: int = 64, width: int = 96) -> RawFrame:
    """Colours of all kinds, up to the sensor's purest."""
    generator = np.random.default_rng(3)
    coarse = torch.from_numpy(generator.uniform(400, 12000, (1, 4, 6, 8))).float()
    planes = (
        torch.nn.functional.interpolate(coarse, (height // 2, width // 2), mode="bicubic")[0].clamp(0, 16383).numpy()
    )
    samples = np.empty((height, width), np.uint16)
    for plane, (row, column) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        samples[row::2, column::2] = planes[plane]
    return RawFrame.from_mosaic(
        samples, "RGGB", black_level_dn=(0,) * 4, white_level_dn=16383, wb_as_shot=(1.8, 1, 1.5), iso=100
    )


def linear(picture: torch.Tensor, space) -> torch.Tensor:
    return linear_from_srgb(picture) if space.encoded else picture


@names
def test_the_matrices_are_those_of_the_primaries(space):
    to_xyz = rgb_to_xyz_matrix(space.primaries_xy)
    np.testing.assert_allclose(to_xyz.sum(1), D65_XYZ, atol=1e-12)
    np.testing.assert_allclose(space.luminance, to_xyz[1], atol=1e-12)
    colour = pytest.importorskip("colour")
    name = {"display-p3": "Display P3", "rec2020-linear": "ITU-R BT.2020"}[space.name]
    expected = colour.matrix_RGB_to_RGB("ITU-R BT.2020", name, chromatic_adaptation_transform=None)
    np.testing.assert_allclose(space.from_rec2020.numpy(), expected, atol=2e-4)  # the published matrices are rounded


@pytest.mark.usefixtures("built_kernel")
@pytest.mark.slow
@pytest.mark.parametrize("look", ["camera", "linear"])
@pytest.mark.parametrize("space", SPACES.values(), ids=lambda space: space.name)
def test_the_kernel_renders_what_torch_renders_in_every_space(space, look):
    generator, frame = torch.Generator().manual_seed(0), mosaic()
    for _ in range(4):
        params = IspParams.from_action(torch.rand(1, len(PARAMETERS), generator=generator) * 2 - 1)
        expected = render_in_tiles(frame, params, look=look, space=space).numpy()
        ours = kernel.render(frame, params, bits=32, look=look, space=space)
        assert ours is not None and np.abs(ours - expected).max() <= 1e-4
        steps = np.abs(
            kernel.render(frame, params, bits=16, look=look, space=space).astype(int) - quantise(expected, 16)
        )
        assert steps.max() <= 7


@pytest.mark.usefixtures("built_kernel")
@pytest.mark.slow
def test_few_8_bit_values_of_display_p3_differ_from_torch_and_by_one():
    generator, different, values = torch.Generator().manual_seed(1), 0, 0
    for _ in range(6):
        frame, params = (
            mosaic(200, 300),
            IspParams.from_action(torch.rand(1, len(PARAMETERS), generator=generator) * 2 - 1),
        )
        expected = quantise(render_in_tiles(frame, params, space=DISPLAY_P3).numpy(), 8)
        steps = np.abs(render_quantised(frame, params, bits=8, space=DISPLAY_P3).astype(int) - expected)
        assert steps.max() <= 1
        different, values = different + steps.sum(), values + steps.size
    assert different <= 1e-4 * values


@names
def test_colours_well_inside_srgb_are_the_same_picture(space):
    """Sharpening is 0: it would bring colours from beyond the threshold to either side of it."""
    frame, params = mosaic(), IspParams.from_dict({"saturation": -0.3, "exposure_ev": -0.5})
    in_srgb, wide = render_in_tiles(frame, params), render_in_tiles(frame, params, space=space)
    back = torch.linalg.solve(space.from_rec2020, torch.eye(3, dtype=torch.float64)).float()
    rec2020 = oklab.mapped(back, linear(wide, space)[None])
    inside = boundary_distance(oklab.oklab_from_rec2020(rec2020.clamp_min(1e-6)))[0, 0] < THRESHOLD - 0.05
    as_srgb = srgb_from_linear(oklab.mapped(oklab.REC2020_TO_SRGB.float(), rec2020))[0]
    assert inside.float().mean() > 0.5
    assert (as_srgb - in_srgb).abs().amax(0)[inside].quantile(0.99) < 1e-5


@names
def test_the_boundary_is_the_spaces_own(space):
    """A purer colour than sRGB has stays nearer to what it was; what leaves the space comes onto its boundary."""
    red = torch.tensor([0.6, 0.02, 0.02])[None, :, None, None]
    rec2020 = oklab.mapped(torch.linalg.inv(space.from_rec2020).float(), red)
    lab = oklab.oklab_from_rec2020(rec2020.clamp_min(1e-6))
    assert boundary_distance(lab, space.from_lms) < 1 < boundary_distance(lab)
    far = torch.cat([lab[:, :1], lab[:, 1:] * 3], 1)
    compressed, beyond = compress_gamut(far, space.from_lms)
    assert beyond > LIMIT - 1 and -0.05 < compressed.min() < 0.02
    greys = torch.linspace(0, 1, 9)[None, None, :, None]
    compressed, beyond = compress_gamut(torch.cat([greys, greys * 0, greys * 0], 1), space.from_lms)
    assert torch.allclose(compressed, greys.expand(1, 3, 9, 1) ** 3, atol=1e-5) and beyond.max() == 0


def test_white_is_white_in_every_space():
    frame = RawFrame.from_mosaic(
        np.full((32, 32), 16383, np.uint16), "RGGB", black_level_dn=(0,) * 4, white_level_dn=16383, wb_as_shot=(2, 1, 1.5), iso=100
    )  # fmt: skip
    for space in SPACES.values():
        assert (render_full(frame, IspParams.from_dict({"exposure_ev": 2}), space=space) > 0.999).all()


def test_srgb_is_what_it_was_bit_for_bit():
    frame, params = mosaic(), IspParams.default(1)
    assert torch.equal(render_full(frame, params), render_full(frame, params, space=SRGB))
    assert SRGB.from_lms is oklab.LMS_TO_SRGB


def test_filters_that_work_on_srgb_refuse_another_space():
    params = IspParams.default(1, profile=find_profile("exposure8"))
    with pytest.raises(UsageError, match="--space display-p3"):
        render_quantised(mosaic(), params, bits=8, space=DISPLAY_P3)
