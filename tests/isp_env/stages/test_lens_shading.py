"""Lens shading in the pipeline: windows, tiles, proxies and batches see one grid; white stays white; the map's word is kept."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from fixtures.opcode_bytes import bilinear
from fixtures.tolerances import render_tolerance, rounding

from attiqa_core.srgb import linear_from_srgb
from isp_env.camera_rgb.prepared import prepare
from isp_env.frames.batch import FrameBatch
from isp_env.lens.shading import LensShading, ShadingBatch
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.raw_io.dng import write_frame
from isp_env.sensor.cfa import CFA_PATTERNS
from isp_env.stages.lens_shading import plane_gains, rgb_gains
from isp_env.tiles import render_in_tiles

KNOTS = 1 + np.random.default_rng(0).uniform(0, 1, (4, 4, 5)).astype(np.float32)
WB = (1.9, 1.0, 1.6)
GAIN_TOLERANCE = rounding(24, 2.0)  # places 8, two interpolations of values up to 2


def shading(height: int, width: int, knots: np.ndarray = KNOTS) -> LensShading:
    return LensShading(knots, (0.0, 0.0), (height / (knots.shape[1] - 1), width / (knots.shape[2] - 1)))


def mosaic(cfa: str = "RGGB", height: int = 64, width: int = 90, level: float = 0.3) -> RawFrame:
    samples = 512 + 15871 * (level + 0.1 * np.random.default_rng(1).uniform(-1, 1, (height, width)))
    levels = {"black_level_dn": 512, "white_level_dn": 16383}
    frame = RawFrame.from_mosaic(samples.astype(np.uint16), cfa, **levels, wb_as_shot=WB, iso=800)
    return replace(frame, shading=shading(height, width))


def test_gains_are_bilinear_between_knots():
    frame = mosaic().proxy(16)
    gains = rgb_gains(ShadingBatch.stack([frame.shading], "cpu"), torch.zeros(1, 3, *frame.samples.shape[:2]))
    grids = KNOTS[0], (KNOTS[1] + KNOTS[2]) / 2, KNOTS[3]
    expected = [bilinear(grid, *frame.samples.shape[:2], (1 / 3, 1 / 4)) for grid in grids]
    assert np.abs(gains[0].numpy() - np.stack(expected)).max() < GAIN_TOLERANCE


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
def test_a_window_has_the_gains_of_the_whole(cfa):
    batch = FrameBatch.stack([mosaic(cfa)])
    window = batch.window(10, 40, 22, 60)
    whole, part = (
        plane_gains(
            each.shading, each.cfa_index, torch.zeros(1, 4, each.samples.shape[2] // 2, each.samples.shape[3] // 2)
        )
        for each in (batch, window)
    )
    torch.testing.assert_close(part, whole[..., 5:20, 11:30], atol=GAIN_TOLERANCE, rtol=0)


@pytest.mark.slow
def test_tiles_are_seamless_under_shading():
    params = IspParams.from_dict({"denoise_luma": 0.8, "denoise_chroma": 0.6, "clarity": 0.5, "sharpen": 1.0})
    for frame in (mosaic("GBRG", 149, 131), mosaic("GRBG", 96, 131).proxy(90)):
        tiled, whole = render_in_tiles(frame, params, tile=48), render(frame, params)[0]
        torch.testing.assert_close(tiled, whole, atol=render_tolerance(), rtol=0)


@pytest.mark.slow
def test_a_batch_is_a_loop_also_with_other_grids_and_none():
    frames = [
        mosaic("RGGB"),
        replace(mosaic("BGGR"), shading=None),
        replace(mosaic("GRBG"), shading=shading(64, 90, KNOTS[:, :2, :1].repeat(7, 2))),
    ]
    params = IspParams.from_dict({"denoise_luma": 0.8}).take(torch.zeros(3, dtype=torch.long))
    together = render(frames, params)
    for image, frame in zip(together, frames, strict=True):
        alone = render(frame, params.take(torch.zeros(1, dtype=torch.long)))[0]
        torch.testing.assert_close(image, alone, atol=render_tolerance(), rtol=0)
    taken = FrameBatch.stack(frames).take(torch.tensor([2])).to("cpu")
    assert torch.equal(prepare(taken).samples, prepare(FrameBatch.stack(frames)).samples[2:])


def test_gains_of_one_change_nothing_bit_for_bit():
    ones = LensShading(np.ones((4, 1, 1), np.float32), (0.0, 0.0), (1.0, 1.0))
    for frame in (mosaic(level=0.9), mosaic(level=0.9).proxy(20)):
        plain, shaded = (FrameBatch.stack([replace(frame, shading=each)]) for each in (None, ones))
        assert torch.equal(prepare(plain).samples, prepare(shaded).samples)


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
def test_samples_below_clipping_are_multiplied_and_nothing_else(cfa):
    batch = FrameBatch.stack([replace(mosaic(cfa), samples=np.full((64, 90), 5000, np.uint16))])
    assert batch.shading is not None
    gains = plane_gains(batch.shading, batch.cfa_index, torch.zeros(1, 4, 32, 45))
    prepared = prepare(batch).samples[0, 0]
    red = divmod(cfa.index("R"), 2)
    torch.testing.assert_close(prepared[red[0] :: 2, red[1] :: 2], batch.samples[0, 0, 0, 0] * gains[0, 0])


@pytest.mark.parametrize("size", [None, 24])
def test_blown_areas_stay_neutral_where_the_gains_of_the_colours_differ(size):
    """All samples at white, red's gain up to twice blue's: after white balance the channels are equal, but for their places."""
    frame = replace(mosaic(), samples=np.full((64, 90), 16383, np.uint16))
    batch = prepare(FrameBatch.stack([frame if size is None else frame.proxy(size)]))
    if size is None:
        red, blue = batch.samples[..., ::2, ::2] * WB[0], batch.samples[..., 1::2, 1::2] * WB[2]
        # the sites lie a pixel apart, over which the gains change by up to 3 / 64 of a knot's step
        assert (red / blue - 1).abs().max() < 0.1
    else:
        balanced = batch.samples * torch.tensor(WB)[:, None, None]
        assert (balanced.amax(1) / balanced.amin(1) - 1).abs().max() < 0.1


def test_denoise_sees_the_noise_before_the_gain():
    """Under a constant gain, denoising and then shading is what comes out, to rounding."""
    frame = mosaic(level=0.2)
    gain = LensShading(np.full((4, 1, 1), 2.0, np.float32), (0.0, 0.0), (1.0, 1.0))
    params = IspParams.from_dict({"denoise_luma": 1.0, "denoise_chroma": 1.0})
    brighter = IspParams.from_dict({"denoise_luma": 1.0, "denoise_chroma": 1.0, "exposure_ev": 1.0})
    shaded = render(replace(frame, shading=gain), params, look="linear")
    torch.testing.assert_close(
        shaded, render(replace(frame, shading=None), brighter, look="linear"), atol=0.01, rtol=0
    )  # demosaicing is on a root scale with an offset, which no gain leaves alone


def test_gradients_are_finite_under_shading():
    params = IspParams.from_dict({"denoise_luma": 0.5})
    values = params.values.clone().requires_grad_(True)
    render(mosaic(level=0.9, height=24, width=24), replace(params, values=values)).sum().backward()
    assert values.grad is not None and torch.isfinite(values.grad).all()


def corner_to_centre(frame: RawFrame, look: str = "linear") -> dict[str, np.ndarray]:
    """Mean linear light of four corners and the centre, each an eighth of the picture's sides."""
    display = render(frame, IspParams.default(1), look=look)[0]
    light = linear_from_srgb(display).mean(0).numpy()
    down, across = light.shape[0] // 8, light.shape[1] // 8
    middle = light[3 * down : 5 * down, 3 * across : 5 * across]
    corners = light[:down, :across], light[:down, -across:], light[-down:, :across], light[-down:, -across:]
    return {"corners": np.array([each.mean() for each in corners]), "centre": middle.mean()}


@pytest.mark.slow
def test_a_real_pictures_corners_rise_by_what_its_map_says(shared_data):
    """GOPR0024, a HERO6: gains of 1.79 to 2.08 in the very corners; corner over centre within 5 % of the prediction."""
    frame = RawFrame.load(shared_data / "raw" / "gopro_full" / "GOPR0024.dng")
    assert frame.shading is not None and frame.metadata["corrections"] == {"applied": ["GainMap"], "not_applied": []}
    corners = frame.shading.gains[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.allclose(corners[0], (1.948, 1.789, 2.076, 1.903), atol=0.001)  # mirrored, as the file's orientation says
    proxy = frame.proxy(240)
    without, corrected = (corner_to_centre(each) for each in (replace(frame, shading=None).proxy(240), proxy))
    map_gains = RawFrame.from_linear_rgb(np.full(proxy.samples.shape, 0.1), wb_as_shot=WB)
    flat, lit = (corner_to_centre(replace(map_gains, shading=each)) for each in (None, proxy.shading))
    rise = corrected["corners"] / corrected["centre"] / (without["corners"] / without["centre"])
    predicted = lit["corners"] / lit["centre"] / (flat["corners"] / flat["centre"])
    assert (predicted > 1.4).all() and np.allclose(rise, predicted, rtol=0.05)


@pytest.mark.slow
def test_a_crop_written_as_dng_keeps_its_part_of_the_map(shared_data, tmp_path):
    frame = RawFrame.load(shared_data / "raw" / "gopro_full" / "GOPR0024.dng")
    top, left = 2232, 3232
    assert frame.shading is not None
    part = replace(frame, samples=frame.samples[top:, left:], shading=frame.shading.cropped(top, left))
    write_frame(tmp_path / "crop.dng", part)
    again = RawFrame.load(tmp_path / "crop.dng")
    whole, crop = (prepare(FrameBatch.stack([each])).samples for each in (frame, again))
    torch.testing.assert_close(crop[..., 16:, 16:], whole[..., top + 16 :, left + 16 :], atol=1e-5, rtol=1e-5)
