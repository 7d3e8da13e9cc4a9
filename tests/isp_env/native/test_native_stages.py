"""Each stage of the native kernel is its torch stage, on light from below black to far above white."""

import ctypes
from collections.abc import Callable

import numpy as np
import pytest
import torch
from fixtures.tolerances import rounding
from torch import Tensor

from attiqa_core.srgb import srgb_from_linear
from isp_env.cfa import CFA_PATTERNS
from isp_env.frame_batch import FrameBatch
from isp_env.native.build import library
from isp_env.native.parameters import Parameters, parameters_of
from isp_env.params import PARAMETERS, IspParams
from isp_env.pipeline import light_of_white, scene_map
from isp_env.raw import RawFrame
from isp_env.stages import clarity
from isp_env.stages.camera import to_working_space
from isp_env.stages.chroma import adjust_chroma
from isp_env.stages.defects import correct_defects
from isp_env.stages.demosaic import demosaic
from isp_env.stages.denoise import denoise_planes
from isp_env.stages.gamut import compress_gamut
from isp_env.stages.highlights import restore_mosaic_highlights
from isp_env.stages.mosaic import pack, per_plane, unpack
from isp_env.stages.sharpen import sharpen_luma
from isp_env.stages.tone import apply_stops, to_stops, tone_curve
from isp_env.stages.tone_map import tone_map

pytestmark = pytest.mark.skipif(library() is None, reason="no C++ compiler here: the kernel cannot be built")

HEIGHT, WIDTH = 36, 46
BRIGHTEST = 4.0
TOLERANCE = rounding(40, BRIGHTEST)  # each stage is at most forty roundings of values up to that: 1e-5
every_phase = pytest.mark.parametrize("cfa", CFA_PATTERNS)


def light(channels: int, seed: int = 0) -> Tensor:
    """Values from -0.1 to 4, black, mid grey and white among them."""
    values = torch.rand(1, channels, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(seed)) ** 3
    values = values * (BRIGHTEST + 0.1) - 0.1
    values[..., 0, :3] = torch.tensor([0.0, 0.18, 1.0])
    return values


def frame(cfa: str = "RGGB") -> RawFrame:
    samples = np.full((HEIGHT, WIDTH), 1000, np.uint16)
    return RawFrame.from_mosaic(samples, cfa, black_level_dn=0, white_level_dn=4095, wb_as_shot=(1.9, 1, 1.4), iso=1600)


def params(seed: int = 0) -> IspParams:
    return IspParams.from_action(torch.rand(1, len(PARAMETERS), generator=torch.Generator().manual_seed(seed)) * 2 - 1)


def numbers(cfa: str = "RGGB", seed: int = 0) -> Parameters:
    return parameters_of(frame(cfa), params(seed), "camera")[0]


def call(name: str, p: Parameters, *arguments: Tensor | int | float) -> None:
    """Call a stage of the library; tensors go by address and are written in place."""
    kinds = {int: ctypes.c_int, float: ctypes.c_float}
    given = [
        ctypes.c_void_p(each.data_ptr()) if isinstance(each, Tensor) else kinds[type(each)](each) for each in arguments
    ]
    getattr(library(), f"stage_{name}")(ctypes.byref(p), *given)


def same(ours: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> None:
    torch.testing.assert_close(ours, expected.contiguous(), atol=tolerance, rtol=0)


def test_defects():
    planes = pack(light(1), torch.tensor([0]))
    planes[0, :, 5, 7] = torch.tensor([0.1, 3.9, 0.1, 0.1])
    ours = torch.empty_like(planes)
    call("correct_defects", numbers(), planes, ours)
    expected = correct_defects(planes, torch.tensor([frame().noise]))
    assert not torch.equal(expected, planes)
    same(ours, expected)


def test_highlights():
    planes = pack(light(1), torch.tensor([0])).contiguous()
    expected = restore_mosaic_highlights(planes, torch.tensor([frame().wb_as_shot]))
    call("restore_highlights", numbers(), planes)
    same(planes, expected)


@every_phase
@pytest.mark.skip(reason="not ported yet")
def test_denoise(cfa):
    mosaic, batch = light(1) * 0.1, FrameBatch.stack([frame(cfa)])
    ours = torch.empty_like(mosaic)
    call("denoise", numbers(cfa), mosaic, ours)
    strengths = (params()["denoise_luma"], params()["denoise_chroma"])
    planes = denoise_planes(pack(mosaic, batch.cfa_index), batch.noise, batch.wb_as_shot, batch.scale, *strengths)
    gains = scene_map(batch, params(), "camera")[0]
    assert strengths[0] > 0.1 and strengths[1] > 0.1
    same(ours, unpack(planes * per_plane(gains), batch.cfa_index))


@every_phase
@pytest.mark.skip(reason="not ported yet")
def test_demosaic(cfa):
    mosaic, ours = light(1), torch.empty(1, 3, HEIGHT, WIDTH)
    call("demosaic", numbers(cfa), mosaic, ours)
    same(ours, demosaic(mosaic, FrameBatch.stack([frame(cfa)]).cfa_index))


def test_to_working_space():
    ours = torch.empty(1, 4, HEIGHT, WIDTH)
    call("to_working_space", numbers(), HEIGHT * WIDTH, light(3), ours)
    _, matrix, offset = scene_map(FrameBatch.stack([frame()]), params(), "camera")
    same(ours, torch.cat(to_working_space(light(3), matrix, offset), 1), 4 * TOLERANCE)  # up to 2 EV of exposure


def test_to_stops_and_back():
    ours = torch.empty(1, 1, HEIGHT, WIDTH)
    call("to_stops", numbers(), HEIGHT * WIDTH, light(1), ours)
    same(ours, to_stops(light(1)), rounding(4, 16))  # stops run from -16 to 5
    moved = torch.empty(1, 3, HEIGHT, WIDTH)
    call("apply_stops", numbers(), HEIGHT * WIDTH, -3.0, -2.25, light(3), moved)
    same(moved, apply_stops(light(3), torch.full((1, 1, 1, 1), -3.0), torch.full((1, 1, 1, 1), -2.25)))


@pytest.mark.parametrize("seed", range(3))
def test_tone_curve(seed):
    stops, ours = light(1) * 5 - 10, torch.empty(1, 1, HEIGHT, WIDTH)
    stops[..., 1, :2] = torch.tensor([0.0, 1.0])
    call("tone_curve", numbers(seed=seed), HEIGHT * WIDTH, stops, ours)
    tonal = (params(seed)[name] for name in ("highlights_ev", "shadows_ev", "whites_ev"))
    same(ours, tone_curve(stops, *tonal))


def test_base_and_detail():
    p, stops = numbers(), light(1) * 4 - 8
    coefficients = torch.rand(1, 2, p.cell_rows, p.cell_columns)
    expected, detail, ours = clarity.base_stops(stops, clarity.Base(coefficients, p.cell_px)), light(1) - 2, light(1)
    call("base_stops", p, coefficients, stops)
    same(stops, expected)
    call("added_detail", p, HEIGHT * WIDTH, detail, ours)
    same(ours, clarity.added_detail(detail, params()["clarity"]))


def test_cube_root():
    x = torch.logspace(-8, 3, HEIGHT * WIDTH, dtype=torch.float64)
    ours = torch.empty(HEIGHT * WIDTH)
    call("cube_root", numbers(), HEIGHT * WIDTH, x.float(), ours)
    torch.testing.assert_close(ours.double(), x.float().double() ** (1 / 3), rtol=2**-23, atol=0)


def rgb_light(seed: int) -> Tensor:
    return light(3, seed)


def oklab(seed: int = 0) -> Tensor:
    """Colours in and far beyond sRGB, greys among them."""
    lab = light(3, seed) * torch.tensor([0.4, 0.2, 0.2])[:, None, None] - torch.tensor([0.0, 0.2, 0.2])[:, None, None]
    lab[..., 1, :] *= 0.01
    return lab


@pytest.mark.parametrize(
    ("name", "given", "stage"),
    [
        (
            "tone_map",
            rgb_light,
            lambda rgb, by: tone_map(rgb, by["contrast"], light_of_white(FrameBatch.stack([frame()]))),
        ),
        ("adjust_chroma", oklab, lambda lab, by: adjust_chroma(lab, by["saturation"], by["vibrance"], by["hue_deg"])),
        ("compress_gamut", oklab, lambda lab, by: compress_gamut(lab)[0]),
        ("srgb_from_linear", rgb_light, lambda rgb, by: srgb_from_linear(rgb)),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_stages_of_single_pixels(name: str, given: Callable, stage: Callable[[Tensor, IspParams], Tensor], seed: int):
    planes, ours = given(seed), torch.empty(1, 3, HEIGHT, WIDTH)
    values = 3 * HEIGHT * WIDTH
    call(name, numbers(seed=seed), values if name == "srgb_from_linear" else values // 3, planes, ours)
    expected = stage(planes, params(seed))
    same(ours, expected, TOLERANCE * max(1.0, float(expected.abs().max()) / BRIGHTEST))


def test_sharpening():
    rgb, by = light(3), params(1)
    expected = sharpen_luma(rgb, by["sharpen"], by["sharpen_radius_px"], torch.ones(1))
    assert by["sharpen"] > 0.1
    call("sharpen_luma", numbers(seed=1), rgb)
    same(rgb, expected)
