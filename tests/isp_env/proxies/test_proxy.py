from dataclasses import replace

import colour
import numpy as np
import pytest
import torch

from attiqa_core.errors import InputError
from attiqa_core.srgb import lab_from_srgb, linear_from_srgb, srgb_from_linear
from isp_env.camera_rgb.prepared import prepare
from isp_env.frames.batch import FrameBatch
from isp_env.observe import detail
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.proxies import proxy as proxies
from isp_env.proxies.area import area_weights
from isp_env.proxies.proxy import Window, averaged, centre_square, is_of_area, proxy_size, whole
from isp_env.raw import RawFrame
from isp_env.sensor.cfa import CFA_PATTERNS, cfa_sites
from isp_env.sensor.noise import add_noise
from isp_env.stages.demosaic import demosaic
from isp_env.stages.denoise import denoise_planes
from isp_env.stages.mosaic import pack, per_plane, unpack
from isp_env.stages.proxy_denoise import REFERENCE_STRENGTHS


def mosaic(cfa: str = "RGGB", shape: tuple[int, int] = (47, 64), seed: int = 0) -> RawFrame:
    samples = np.random.default_rng(seed).integers(60, 1024, shape).astype(np.uint16)
    return RawFrame.from_mosaic(samples, cfa, black_level_dn=64, white_level_dn=1023, wb_as_shot=(1.9, 1.0, 1.6))


def in_one_piece(frame: RawFrame, size: tuple[int, int]) -> np.ndarray:
    """The definition: prepare, denoise or not, balance, demosaic, divide the gains out, average over areas."""
    batch = prepare(FrameBatch.stack([frame]))
    gains, planes = batch.wb_as_shot, pack(batch.samples, batch.cfa_index)
    strengths = (torch.tensor([each]) for each in REFERENCE_STRENGTHS)
    profile = (batch.noise, batch.sensor_noise, gains, batch.scale, *strengths)
    height, width = frame.samples.shape
    rows, columns = (torch.from_numpy(area_weights(*each)) for each in zip((height, width), size, strict=True))
    both = []
    for each in (planes, denoise_planes(planes, *profile)):
        balanced = unpack(each * per_plane(gains), batch.cfa_index)
        rgb = (demosaic(balanced, batch.cfa_index) / gains[:, :, None, None])[0, :, :height, :width]
        both.append(rows @ rgb @ columns.T)
    return torch.cat(both).permute(1, 2, 0).numpy()


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
@pytest.mark.parametrize("size", [(20, 27), (47, 64), (80, 90)])
def test_strips_give_what_one_piece_gives(cfa, size, monkeypatch):
    monkeypatch.setattr(proxies, "STRIP_SAMPLES", 300)
    frame = mosaic(cfa)
    assert np.allclose(averaged(frame, whole(frame), size), in_one_piece(frame, size), atol=1e-6)


@pytest.mark.parametrize("shape", [(47, 64), (64, 47), (50, 50), (31, 90)])
def test_the_square_is_cut_from_the_whole(shape):
    frame = mosaic(shape=shape)
    top, left, bottom, right = centre_square(frame)
    assert bottom - top == right - left == min(shape)
    cut = averaged(frame, centre_square(frame), (bottom - top, right - left))
    assert np.allclose(cut, averaged(frame, whole(frame), shape)[top:bottom, left:right], atol=1e-6)


def edge_scene(cfa: str) -> RawFrame:
    """A sharp bright-to-dark grey edge in balanced light, which demosaicing tells from a coloured one."""
    samples = np.empty((64, 64), np.uint16)
    level = np.where(np.arange(64) < 33, 0.4, 0.05)[None].repeat(64, 0)
    for (row, column), plane in cfa_sites(cfa).items():
        samples[row::2, column::2] = (level / (2.0, 1.0, 1.0, 1.6)[plane])[row::2, column::2] * 50000
    return RawFrame.from_mosaic(samples, cfa, black_level_dn=0, white_level_dn=50000, wb_as_shot=(2.0, 1.0, 1.6))


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
def test_a_grey_edge_stays_nearly_grey(cfa):
    """Cells binned 2x2 would be off by 0.35 / 4: one of two cells has R on the bright side, B on the dark, G on both."""
    balanced = edge_scene(cfa).proxy(16).samples * (2.0, 1.0, 1.6)
    assert np.abs(balanced - balanced.mean(2, keepdims=True)).max() < 0.35 / 8


def test_highlights_are_restored_before_averaging_and_only_once():
    """A clipped white beside grey: averaging first would leave a pixel that no longer looks clipped, and is magenta."""
    samples = np.full((32, 32), 200, np.uint16)
    samples[:, :17] = 1023
    frame = RawFrame.from_mosaic(samples, "RGGB", black_level_dn=0, white_level_dn=1023, wb_as_shot=(2.0, 1.0, 1.8))
    proxy = frame.proxy(8)
    assert proxy.prepared and proxy.samples.max() < 2.1
    balanced = proxy.samples[:, 0] * proxy.wb_as_shot
    assert np.allclose(balanced, balanced.mean(1, keepdims=True), rtol=1e-3)
    batch = FrameBatch.stack([proxy])
    assert prepare(batch) is batch
    assert torch.equal(batch.samples[0].permute(1, 2, 0), torch.from_numpy(proxy.samples))


def test_a_defect_does_not_show():
    clean = np.full((32, 32), 300, np.uint16)
    hot = clean.copy()
    hot[11, 14] = 1023
    frames = [
        RawFrame.from_mosaic(each, "GRBG", black_level_dn=0, white_level_dn=1023).proxy(8) for each in (clean, hot)
    ]
    assert np.allclose(frames[0].samples, frames[1].samples, atol=1e-6)


def test_linear_rgb_of_the_size_is_prepared_too():
    rgb = np.full((16, 16, 3), 0.5, np.float32)
    rgb[:4] = 1
    frame = RawFrame.from_linear_rgb(rgb, wb_as_shot=(2.0, 1.0, 1.5))
    proxy = frame.proxy(16)
    assert proxy.prepared and proxy.noise == frame.noise and proxy.scale == 1
    torch.testing.assert_close(render(proxy, IspParams.default(1)), render(frame, IspParams.default(1)))
    assert proxy.proxy(16) is proxy


def test_a_proxy_does_not_batch_with_a_frame_that_is_none():
    frame = RawFrame.from_linear_rgb(np.full((16, 16, 3), 0.5, np.float32), wb_as_shot=(2.0, 1.0, 1.5), name="plain")
    with pytest.raises(InputError, match="a proxy cannot be batched"):
        FrameBatch.stack([frame.proxy(16), frame])


PHONE_AT_ISO_3200 = (7.36e-3, 1.2288e-3)


def dark_scene(cfa: str = "RGGB") -> RawFrame:
    """A dim orange part and a brighter blue one, at signal-to-noise ratios of about 0.4 and 1.5, 128 px a side."""
    light = np.empty((128, 128), np.float32)
    for (row, column), plane in cfa_sites(cfa).items():
        dim, bright = ((0.02, 0.08), (0.012, 0.07), (0.012, 0.07), (0.006, 0.06))[plane]
        light[row::2, column::2] = np.where(np.arange(64) < 29, dim, bright)
    noisy = add_noise(light, PHONE_AT_ISO_3200, np.random.default_rng(7))
    samples = np.clip(np.rint(noisy * 959 + 64), 0, 1023).astype(np.uint16)
    return RawFrame.from_mosaic(
        samples, cfa, black_level_dn=64, white_level_dn=1023, wb_as_shot=(1.8, 1.0, 1.7), noise=PHONE_AT_ISO_3200
    )


@pytest.mark.parametrize(("edge", "most"), [(128, 0.01), (48, 0.3), (20, 0.3)])
def test_in_the_dark_a_proxy_shows_what_the_picture_shows(edge, most):
    """At the camera default: nothing but rounding where nothing is averaged, and else what daylight is held to.

    Demosaiced with its noise and denoised afterwards it was off by 9.1, 7.3 and 6.7: a maze of eight times the detail, a green tint.
    """
    frame, params = dark_scene(), IspParams.default(1)
    weights = torch.from_numpy(area_weights(128, edge))
    expected = srgb_from_linear(weights @ linear_from_srgb(render(frame, params)) @ weights.T)
    shown = render(frame.proxy(edge), params)
    labs = (lab_from_srgb(each.double()).permute(0, 2, 3, 1).numpy() for each in (shown, expected))
    assert colour.delta_E(*labs, method="CIE 2000").mean() < most
    assert detail(shown) == pytest.approx(detail(expected), rel=0.1)  # strokes of a maze would be several times as much


def test_light_without_noise_to_speak_of_is_not_denoised():
    """A typical camera at ISO 100: whatever the denoised samples are, no bit of the camera default is theirs."""
    proxy = mosaic().proxy(24)
    other = replace(proxy, denoised=np.zeros_like(proxy.denoised))
    default, most = IspParams.default(1), IspParams.from_dict({"denoise_luma": 1.0})
    assert torch.equal(render(proxy, default), render(other, default))
    assert not torch.equal(render(proxy, most), render(other, most))


def test_a_proxy_of_a_proxy_averages_both():
    large = dark_scene().proxy(64)
    small = large.proxy(32)
    assert large.denoised is not None and small.denoised is not None
    for one, other in ((large.samples, small.samples), (large.denoised, small.denoised)):
        np.testing.assert_allclose(other, one.reshape(32, 2, 32, 2, 3).mean((1, 3)), atol=1e-6)


@pytest.mark.parametrize("shape", [(3000, 4000), (4000, 3000), (3024, 4032), (5504, 8256), (2160, 3840), (999, 999)])
def test_a_proxy_by_area_has_about_that_area_even_sides_and_the_frames_shape(shape):
    height, width = proxy_size(Window(0, 0, *shape), 288, by_area=True)
    assert height % 2 == width % 2 == 0 and is_of_area((height, width), 288)
    assert height * width == pytest.approx(288**2, rel=0.01)
    assert height / width == pytest.approx(shape[0] / shape[1], rel=0.01)


def test_sensors_of_nearly_one_shape_have_proxies_of_one_size():
    sizes = {
        proxy_size(Window(0, 0, *shape), 288, by_area=True) for shape in ((3000, 4000), (3024, 4032), (3456, 4608))
    }
    assert sizes == {(250, 332)}


@pytest.mark.parametrize("shape", [(40, 160), (300, 44), (20, 400), (61, 97), (35, 35)])
def test_a_proxy_by_area_is_a_proxy_of_itself(shape):
    proxy = RawFrame.from_linear_rgb(np.full((*shape, 3), 0.3, np.float32), wb_as_shot=(2, 1, 1.5)).proxy(
        33, by_area=True
    )
    assert proxy.proxy(33, by_area=True) is proxy
    assert min(proxy.samples.shape[:2]) >= 16


def test_what_lies_outside_the_centred_square_is_in_the_proxy():
    linear = np.full((64, 128, 3), 0.2, np.float32)
    linear[:, :20] = 0.8
    raw = RawFrame.from_linear_rgb(linear, wb_as_shot=(1, 1, 1))
    assert raw.proxy(32, square=True, by_area=True).samples.max() < 0.21
    assert raw.proxy(32, by_area=True).samples.max() > 0.79
