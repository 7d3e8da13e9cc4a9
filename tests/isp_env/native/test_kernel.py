"""The native kernel renders what torch renders, whatever the parameters, the phase, the size, the tiles and the threads."""

import dataclasses

import numpy as np
import pytest
import torch
from fixtures.shared_data import SHARED
from hypothesis import given, settings
from hypothesis import strategies as st

from isp_env.lens.shading import LensShading
from isp_env.native import kernel
from isp_env.params import PARAMETERS, IspParams
from isp_env.proxies.proxy import Window, linear_camera_rgb, without_samples
from isp_env.raw import RawFrame
from isp_env.sensor.cfa import CFA_PATTERNS
from isp_env.stages.output import quantise
from isp_env.stages.proxy_denoise import REFERENCE_STRENGTHS
from isp_env.tiles import render_full, render_in_tiles, render_quantised

pytestmark = pytest.mark.usefixtures("built_kernel")

LARGEST_DIFFERENCE = 1e-4
MOST_STEPS_OFF = 1e-4  # the share of 8-bit values that may differ, by one
GOPRO = SHARED / "raw" / "gopro_full" / "GOPR0024.dng"

actions = st.lists(
    st.sampled_from([-1.0, 0.0, 1.0]) | st.floats(-1, 1), min_size=len(PARAMETERS), max_size=len(PARAMETERS)
)


def mosaic(cfa: str, height: int, width: int, seed: int = 0) -> RawFrame:
    """Smooth light from black to clipping with noise, edges and hot pixels."""
    generator = np.random.default_rng(seed)
    coarse = torch.from_numpy(generator.uniform(0, 17500, (1, 1, height // 8 + 2, width // 8 + 2))).float()
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")[0, 0].numpy()
    smooth[:, width // 2 :] *= 0.6
    noisy = (smooth + generator.normal(0, 60, smooth.shape)).clip(0, 16383)
    noisy[generator.random(noisy.shape) < 1e-3] = 16383
    return RawFrame.from_mosaic(
        noisy.astype(np.uint16), cfa, black_level_dn=(500, 512, 510, 520), white_level_dn=16383, wb_as_shot=(1.8, 1, 1.5), iso=800
    )  # fmt: skip


def shading(seed: int) -> LensShading:
    gains = np.random.default_rng(seed).uniform(1, 2.5, (4, 4, 3)).astype(np.float32)
    return LensShading(gains, first_px=(-3.0, 10.0), spacing_px=(30.0, 17.5))


def native(frame: RawFrame, params: IspParams, **options) -> np.ndarray:
    picture = kernel.render(frame, params, **options)
    assert picture is not None
    return picture


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    action=actions,
    cfa=st.sampled_from(CFA_PATTERNS),
    height=st.integers(16, 90),
    width=st.integers(16, 90),
    look=st.sampled_from(["camera", "linear"]),
    scale=st.sampled_from([1.0, 0.5]),
    seed=st.integers(0, 99),
    shaded=st.booleans(),
)
@pytest.mark.slow
def test_the_kernel_renders_what_torch_renders(action, cfa, height, width, look, scale, seed, shaded):
    frame = dataclasses.replace(mosaic(cfa, height, width, seed), scale=scale, baseline_exposure_ev=0.3)
    frame = dataclasses.replace(frame, shading=shading(seed) if shaded else None)
    params = IspParams.from_action(torch.tensor([action]))
    expected = render_in_tiles(frame, params, look=look).numpy()
    assert np.abs(native(frame, params, bits=32, look=look) - expected).max() <= LARGEST_DIFFERENCE
    for bits in (8, 16):
        steps = np.abs(native(frame, params, bits=bits, look=look).astype(int) - quantise(expected, bits))
        assert steps.max() <= (1 if bits == 8 else 7)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    action=actions,
    cfa=st.sampled_from(CFA_PATTERNS),
    size=st.tuples(st.integers(16, 90), st.integers(16, 120)),
    tile=st.tuples(st.integers(1, 70), st.integers(1, 130)),
    threads=st.integers(1, 4),
    bits=st.sampled_from([8, 16, 32]),
    shaded=st.booleans(),
)
@pytest.mark.slow
def test_any_tile_and_any_number_of_threads_give_the_same_bits(action, cfa, size, tile, threads, bits, shaded):
    frame = dataclasses.replace(mosaic(cfa, *size), shading=shading(0) if shaded else None)
    params = IspParams.from_action(torch.tensor([action]))
    whole = native(frame, params, bits=bits, tile=(1000, 1000), threads=1)
    assert np.array_equal(native(frame, params, bits=bits, tile=tile, threads=threads), whole)


@pytest.mark.slow
def test_few_8_bit_values_differ_from_torch_and_by_one():
    generator, different, all_values = torch.Generator().manual_seed(0), 0, 0
    for index, cfa in enumerate(CFA_PATTERNS * 2):
        frame = mosaic(cfa, 301, 400, index)
        params = IspParams.from_action(torch.rand(1, len(PARAMETERS), generator=generator) * 2 - 1)
        steps = np.abs(
            render_quantised(frame, params, bits=8).astype(int) - quantise(render_in_tiles(frame, params).numpy(), 8)
        )
        assert steps.max() <= 1
        different, all_values = different + steps.sum(), all_values + steps.size
    assert different <= MOST_STEPS_OFF * all_values


@pytest.mark.skipif(not GOPRO.is_file(), reason=f"no real raw at {GOPRO}")
@pytest.mark.slow
def test_part_of_a_real_raw_is_rendered_as_by_torch():
    frame = RawFrame.load(GOPRO)
    frame = dataclasses.replace(frame, samples=frame.samples[1200:1600, 1500:2101])
    for action in (0.0, 0.5, -0.5):
        params = IspParams.from_action(torch.full((1, len(PARAMETERS)), action))
        difference = np.abs(native(frame, params, bits=32) - render_in_tiles(frame, params).numpy())
        assert difference.max() <= LARGEST_DIFFERENCE


def test_the_full_size_entries_take_the_kernel():
    frame, params = mosaic("GRBG", 40, 50), IspParams.default(1)
    assert np.array_equal(render_full(frame, params).numpy(), native(frame, params, bits=32))
    assert np.array_equal(render_quantised(frame, params, bits=16), native(frame, params, bits=16))


def test_samples_that_are_a_view_are_rendered_as_their_copy():
    frame, params = mosaic("RGGB", 40, 60), IspParams.default(1)
    view = frame.samples[4:, 6:50]
    copied = dataclasses.replace(frame, samples=view.copy())
    assert np.array_equal(
        native(dataclasses.replace(frame, samples=view), params, bits=8), native(copied, params, bits=8)
    )


@pytest.mark.parametrize("look", ["camera", "linear"])
def test_what_is_not_the_kernels_is_left_to_torch(look):
    params = IspParams.default(1)
    frame = mosaic("RGGB", 40, 60)
    for other in (
        frame.proxy(16),
        dataclasses.replace(frame, samples=frame.samples[:12]),
        dataclasses.replace(frame, noise=(float("nan"), 0.0)),
    ):
        assert kernel.render(other, params, bits=32, look=look) is None
    small = frame.proxy(16)
    assert torch.equal(render_full(small, params, look=look), render_in_tiles(small, params, look=look))


@pytest.mark.parametrize("broken", ["shading", "wb_as_shot", "noise"])
def test_a_proxy_of_what_is_not_finite_is_that_of_torch(broken, monkeypatch):
    frame = mosaic("RGGB", 64, 80)
    gains = np.full((4, 2, 2), 1.5, np.float32)
    gains[0, 1, 1] = np.nan
    wrong = {
        "shading": LensShading(gains, first_px=(0.0, 0.0), spacing_px=(64.0, 80.0)),
        "wb_as_shot": (float("nan"), 1.0, 1.5),
        "noise": (float("nan"), 1e-5),
    }
    frame = dataclasses.replace(frame, **{broken: wrong[broken]})
    assert (
        kernel.demosaiced(frame, REFERENCE_STRENGTHS) is None
        and kernel.render(frame, IspParams.default(1), bits=8) is None
    )
    ours = frame.proxy(16).samples
    monkeypatch.setattr(kernel, "demosaiced", lambda part, strengths: None)
    np.testing.assert_array_equal(ours, frame.proxy(16).samples)
    assert np.isfinite(ours).all() == (broken == "noise")


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
def test_a_window_of_a_frame_is_demosaiced_as_by_torch(cfa, monkeypatch):
    frame = dataclasses.replace(mosaic(cfa, 90, 121), shading=shading(1))
    about, window = without_samples(frame), Window(21, 30, 70, 121)
    ours = torch.cat(linear_camera_rgb(frame, about, window))
    monkeypatch.setattr(kernel, "demosaiced", lambda part, strengths: None)
    expected = torch.cat(linear_camera_rgb(frame, about, window))
    assert ours.shape == expected.shape and not torch.equal(ours, expected)
    assert (ours - expected).abs().max() <= LARGEST_DIFFERENCE / 10
