"""Each stage of the native kernel is its torch stage, on light from below black to far above white."""

import ctypes
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from fixtures.tolerances import rounding
from torch import Tensor

from attiqa_core.srgb import srgb_from_linear
from isp_env.camera_rgb.denoised import denoised_samples
from isp_env.colorimetry.oklab import oklab_from_rec2020, srgb_from_oklab, srgb_from_rec2020
from isp_env.frames.batch import FrameBatch
from isp_env.lens.shading import LensShading
from isp_env.native.build import library
from isp_env.native.parameters import parameters_of
from isp_env.native.structures import Parameters
from isp_env.params import PARAMETERS, IspParams
from isp_env.pipeline import finishing_amounts, light_of_white, scene_map
from isp_env.raw import RawFrame
from isp_env.sensor.cfa import CFA_PATTERNS
from isp_env.stages import clarity
from isp_env.stages.camera import to_working_space
from isp_env.stages.chroma import adjust_chroma
from isp_env.stages.defects import correct_defects
from isp_env.stages.demosaic import demosaic
from isp_env.stages.gamut import compress_gamut
from isp_env.stages.highlights import restore_mosaic_highlights
from isp_env.stages.lens_shading import plane_gains
from isp_env.stages.mosaic import pack, per_plane, unpack
from isp_env.stages.sharpen import sharpen_luma
from isp_env.stages.tone import apply_stops, to_stops, tone_curve
from isp_env.stages.tone_map import SMALLEST_LIGHT, tone_map

pytestmark = pytest.mark.usefixtures("built_kernel")

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


SHADING = LensShading(
    np.random.default_rng(0).uniform(1, 3, (4, 3, 5)).astype(np.float32), first_px=(3.0, -2.0), spacing_px=(14.5, 9.0)
)


PHONE_AT_ISO_3200 = (7.36e-3, 1.2288e-3)  # of CAMERAS["pi-imx219"]


def frame(cfa: str = "RGGB", shading: LensShading | None = None, noise: tuple[float, float] | None = None) -> RawFrame:
    samples = np.full((HEIGHT, WIDTH), 1000, np.uint16)
    made = RawFrame.from_mosaic(samples, cfa, black_level_dn=0, white_level_dn=4095, wb_as_shot=(1.9, 1, 1.4), iso=1600)
    return replace(made, shading=shading, noise=noise or made.noise)


def params(seed: int = 0) -> IspParams:
    return IspParams.from_action(torch.rand(1, len(PARAMETERS), generator=torch.Generator().manual_seed(seed)) * 2 - 1)


def numbers(
    cfa: str = "RGGB",
    seed: int = 0,
    shading: LensShading | None = None,
    noise: tuple[float, float] | None = None,
) -> Parameters:
    p = parameters_of(frame(cfa, shading, noise), params(seed), "camera")[0]
    p.threads = 1
    return p


def call(name: str, p: Parameters, *arguments: Tensor | int | float | None) -> None:
    """Call a function of the library; tensors go by address and are written in place."""
    kinds = {int: ctypes.c_int, float: ctypes.c_float, type(None): ctypes.c_void_p}
    given = [
        ctypes.c_void_p(each.data_ptr()) if isinstance(each, Tensor) else kinds[type(each)](each) for each in arguments
    ]
    getattr(library(), name)(ctypes.byref(p), *given)


def same(ours: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> None:
    torch.testing.assert_close(ours, expected.contiguous(), atol=tolerance, rtol=0)


def test_defects():
    planes = pack(light(1), torch.tensor([0]))
    planes[0, :, 5, 7] = torch.tensor([0.1, 3.9, 0.1, 0.1])
    ours = torch.empty_like(planes)
    call("stage_correct_defects", numbers(), planes, ours)
    expected = correct_defects(planes, torch.tensor([frame().noise]))
    assert not torch.equal(expected, planes)
    same(ours, expected)


def test_highlights():
    planes = pack(light(1), torch.tensor([0])).contiguous()
    expected = restore_mosaic_highlights(planes, torch.tensor([frame().wb_as_shot]))
    call("stage_restore_highlights", numbers(), None, planes)
    same(planes, expected)


@every_phase
def test_highlights_under_lens_shading(cfa):
    planes, batch = pack(light(1), torch.tensor([0])).contiguous(), FrameBatch.stack([frame(cfa, SHADING)])
    assert batch.shading is not None
    gains = plane_gains(batch.shading, batch.cfa_index, planes)
    ours = torch.empty_like(planes)
    call("stage_plane_gains", numbers(cfa, shading=SHADING), batch.shading.gains, ours)
    same(ours, gains)
    expected = restore_mosaic_highlights(planes, batch.wb_as_shot, gains) * gains
    call("stage_restore_highlights", numbers(cfa), gains.contiguous(), planes)
    same(planes, expected, 3 * TOLERANCE)  # gains reach 3


@every_phase
@pytest.mark.parametrize("shading", [None, SHADING])
@pytest.mark.parametrize(("tile", "seed"), [((100, 100), 0), ((10, 14), 4)])
@pytest.mark.parametrize("noise", [None, PHONE_AT_ISO_3200])
def test_denoise(cfa, shading, tile, seed, noise):
    mosaic, batch = light(1) * 0.02 + 0.05, FrameBatch.stack([frame(cfa, shading, noise)])
    ours, p = torch.empty_like(mosaic), numbers(cfa, seed, shading, noise)
    p.tile_height, p.tile_width = tile
    call("isp_denoise", p, batch.shading and batch.shading.gains, 0, p.height, mosaic, 0, ours, 0)
    _, luma, chroma = finishing_amounts(batch, params(seed), "camera")
    expected = denoised_samples(replace(batch, samples=mosaic), (luma, chroma))
    assert luma > 0.1 and chroma > 0.1
    assert (expected - mosaic).abs().max() > 100 * TOLERANCE
    same(ours, expected)


@every_phase
@pytest.mark.parametrize("tile", [(100, 100), (7, 5)])
def test_demosaic(cfa, tile):
    mosaic, ours, batch, p = light(1), torch.empty(1, 3, HEIGHT, WIDTH), FrameBatch.stack([frame(cfa)]), numbers(cfa)
    p.tile_height, p.tile_width = tile
    call("isp_demosaic", p, mosaic, ours)
    gains = batch.wb_as_shot
    balanced = mosaic * unpack(per_plane(gains).expand(1, 4, HEIGHT // 2, WIDTH // 2), batch.cfa_index)
    same(
        ours, demosaic(balanced, batch.cfa_index) / gains[:, :, None, None], 2 * TOLERANCE
    )  # of balanced light, up to 8


def test_to_working_space():
    ours = torch.empty(1, 4, HEIGHT, WIDTH)
    call("stage_to_working_space", numbers(), HEIGHT * WIDTH, light(3), ours)
    _, matrix, offset = scene_map(FrameBatch.stack([frame()]), params(), "camera")
    same(ours, torch.cat(to_working_space(light(3), matrix, offset), 1), 4 * TOLERANCE)  # up to 2 EV of exposure


def test_to_stops_and_back():
    ours = torch.empty(1, 1, HEIGHT, WIDTH)
    call("stage_to_stops", numbers(), HEIGHT * WIDTH, light(1), ours)
    same(ours, to_stops(light(1)), rounding(4, 16))  # stops run from -16 to 5
    moved = torch.empty(1, 3, HEIGHT, WIDTH)
    call("stage_apply_stops", numbers(), HEIGHT * WIDTH, -3.0, -2.25, light(3), moved)
    same(moved, apply_stops(light(3), torch.full((1, 1, 1, 1), -3.0), torch.full((1, 1, 1, 1), -2.25)))


@pytest.mark.parametrize("seed", range(3))
def test_tone_curve(seed):
    stops, ours = light(1) * 5 - 10, torch.empty(1, 1, HEIGHT, WIDTH)
    stops[..., 1, :2] = torch.tensor([0.0, 1.0])
    call("stage_tone_curve", numbers(seed=seed), HEIGHT * WIDTH, stops, ours)
    tonal = (params(seed)[name] for name in ("highlights_ev", "shadows_ev", "whites_ev"))
    same(ours, tone_curve(stops, *tonal))


def test_base_and_detail():
    p, stops = numbers(), light(1) * 4 - 8
    coefficients = torch.rand(1, 2, p.cell_rows, p.cell_columns)
    expected, detail, ours = clarity.base_stops(stops, clarity.Base(coefficients, p.cell_px)), light(1) - 2, light(1)
    call("stage_base_stops", p, coefficients, stops)
    same(stops, expected)
    call("stage_added_detail", p, HEIGHT * WIDTH, detail, ours)
    same(ours, clarity.added_detail(detail, params()["clarity"]))


def test_cube_root():
    x = torch.logspace(-8, 3, HEIGHT * WIDTH, dtype=torch.float64)
    ours = torch.empty(HEIGHT * WIDTH)
    call("stage_cube_root", numbers(), HEIGHT * WIDTH, x.float(), ours)
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
    call(f"stage_{name}", numbers(seed=seed), values if name == "srgb_from_linear" else values // 3, planes, ours)
    expected = stage(planes, params(seed))
    same(ours, expected, TOLERANCE * max(1.0, float(expected.abs().max()) / BRIGHTEST))


@pytest.mark.parametrize("seed", range(3))
def test_the_linear_look(seed):
    rgb, ours, by = light(3, seed), torch.empty(1, 3, HEIGHT, WIDTH), params(seed)
    call("stage_linear_look", numbers(seed=seed), HEIGHT * WIDTH, rgb, ours)
    lab = oklab_from_rec2020(rgb.clamp_min(SMALLEST_LIGHT))
    changed = adjust_chroma(lab, by["saturation"], by["vibrance"], by["hue_deg"])
    same(ours, srgb_from_rec2020(rgb) + (srgb_from_oklab(changed) - srgb_from_oklab(lab)), 2 * TOLERANCE)


def test_sharpening():
    rgb, by = light(3), params(1)
    amount, *_ = finishing_amounts(FrameBatch.stack([frame()]), by, "camera")
    expected = sharpen_luma(rgb, amount, by["sharpen_radius_px"], torch.ones(1))
    assert amount > 0.1
    call("stage_sharpen_luma", numbers(seed=1), rgb)
    same(rgb, expected)
