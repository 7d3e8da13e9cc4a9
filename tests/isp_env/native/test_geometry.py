"""The kernel undoes distortion as torch does: bits, tiles, threads, odd sizes, every phase; and nothing where there is none."""

import dataclasses
import struct

import numpy as np
import pytest
import torch

from isp_env.lens.geometry import LensGeometry
from isp_env.native import kernel
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.raw_io.opcodes.warps import parse_rectilinear
from isp_env.sensor.cfa import CFA_PATTERNS
from isp_env.stages.output import quantise
from isp_env.tiles import render_in_tiles

pytestmark = pytest.mark.usefixtures("built_kernel")

LARGEST_DIFFERENCE = 1e-4
PLANES = ((0.952, 0.045, -0.08, 0.009, 0.001, -0.002), (0.95, 0.045, -0.08, 0.009, 0.001, -0.002),
          (0.95, 0.051, -0.08, 0.009, 0.001, -0.002))  # fmt: skip
TORN = ((1.1, 0.08, 0.0, 0.0, 0.0, 0.0),)  # what it shows lies partly beyond the frame


def geometry(height: int, width: int, planes=PLANES) -> LensGeometry:
    numbers = [number for plane in planes for number in plane]
    content = struct.pack(f">I{len(numbers)}d2d", len(planes), *numbers, 0.5, 0.45)
    return parse_rectilinear(content).geometry(height, width)


def noisy(cfa: str, height: int, width: int) -> RawFrame:
    generator = np.random.default_rng(5)
    coarse = torch.from_numpy(generator.uniform(0, 17500, (1, 1, height // 8 + 2, width // 8 + 2))).float()
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")[0, 0].numpy()
    samples = (smooth + generator.normal(0, 60, smooth.shape)).clip(0, 16383).astype(np.uint16)
    return RawFrame.from_mosaic(
        samples, cfa, black_level_dn=500, white_level_dn=16383, wb_as_shot=(1.8, 1, 1.5), iso=800
    )


def native(frame: RawFrame, params: IspParams, **options) -> np.ndarray:
    picture = kernel.render(frame, params, **options)
    assert picture is not None
    return picture


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
@pytest.mark.parametrize("planes", [PLANES, PLANES[1:2], TORN])
@pytest.mark.slow
def test_the_kernel_undoes_distortion_as_torch_does(cfa, planes):
    frame = noisy(cfa, 75, 91)
    frame = dataclasses.replace(frame, geometry=geometry(75, 91, planes))
    params = IspParams.from_dict({"denoise_luma": 0.5, "shadows_ev": 0.5, "sharpen": 0.8})
    expected = render_in_tiles(frame, params, tile=64).numpy()
    assert np.abs(native(frame, params, bits=32) - expected).max() <= LARGEST_DIFFERENCE
    for bits in (8, 16):
        steps = np.abs(native(frame, params, bits=bits).astype(int) - quantise(expected, bits))
        assert steps.max() <= (1 if bits == 8 else 7)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("tile", [(8, 32), (40, 300)])
def test_any_tiles_and_threads_give_the_same_bits(tile, threads):
    frame = dataclasses.replace(noisy("GRBG", 150, 90), geometry=geometry(150, 90))
    params = IspParams.default(1)
    expected = native(frame, params, bits=8)
    assert np.array_equal(native(frame, params, bits=8, tile=tile, threads=threads), expected)


def test_a_geometry_that_moves_nothing_changes_no_bit():
    frame = noisy("RGGB", 60, 70)
    plain = geometry(60, 70, ((1.0, 0.0, 0.0, 0.0, 0.0, 0.0),))
    params = IspParams.default(1)
    with_plain = dataclasses.replace(frame, geometry=plain)
    assert np.array_equal(native(with_plain, params, bits=16), native(frame, params, bits=16))
