import numpy as np
import pytest
import torch

from attiqa_core.errors import InputError
from isp_env import proxy as proxies
from isp_env.area import area_weights
from isp_env.cfa import CFA_PATTERNS, cfa_sites
from isp_env.frame_batch import FrameBatch
from isp_env.params import IspParams
from isp_env.pipeline import prepare, render
from isp_env.proxy import averaged, centre_square, whole
from isp_env.raw import RawFrame
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
    for (row, column), colour in cfa_sites(cfa).items():
        samples[row::2, column::2] = (level / (2.0, 1.0, 1.0, 1.6)[colour])[row::2, column::2] * 50000
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
