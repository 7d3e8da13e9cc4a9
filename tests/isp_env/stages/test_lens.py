"""A lens's corrections in the fold: nothing at 0, seamless in tiles, about the picture's own axis in crops and proxies, with gradients."""

import dataclasses

import numpy as np
import pytest
import scipy.ndimage
import torch
from fixtures.photographs import photograph
from fixtures.tolerances import SRGB_SLOPE, render_tolerance, rounding
from torch import Tensor

from attiqa_core.srgb import linear_from_srgb
from isp_env.frames.batch import FrameBatch
from isp_env.native import proxies
from isp_env.parameters.table import LENS_NAMES, NAMES
from isp_env.params import IspParams
from isp_env.pipeline import clarity_base, render, render_prepared, scene_map
from isp_env.proxies.area import area_weights
from isp_env.proxies.crops import CropBatch
from isp_env.proxies.proxy import centre_square
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise
from isp_env.tiles import render_in_tiles

LENS = {"lateral_ca_red": 0.01, "lateral_ca_blue": -0.008, "defringe": 0.8}
QUIET = {"denoise_luma": -1.0, "denoise_chroma": -1.0}
EDGE, PROXY_PX = 48, 64
RIM_PX = 14 + 13  # where a crop's border differs from the picture beyond: demosaicing, sharpening, the lens's stages


def frame(height: int = 170, width: int = 211, blur_px: float = 0) -> RawFrame:
    photo = photograph("coffee")[:, 60 : 60 + height, 150 : 150 + width].permute(1, 2, 0).numpy()
    photo = scipy.ndimage.gaussian_filter(photo.astype(float), (blur_px, blur_px, 0)).astype(photo.dtype)
    return synthesise(photo, CAMERAS["nikon-d850"], iso=100, generator=np.random.default_rng(0), name="cup")


def fringed(raw: RawFrame) -> RawFrame:
    """The picture with a bright square in it that has a purple rim."""
    samples = raw.samples.copy()
    black = int(raw.black_level_dn[0])
    samples[40:80, 40:80] = black
    samples[44:76, 44:76] = (raw.white_level_dn[0] - black) // 3 + black
    for row, column in ((0, 0), (1, 1)):  # red and blue of RGGB
        samples[42 + row : 78 : 2, 42 + column : 78 : 2] = (raw.white_level_dn[0] - black) // 3 + black
    return dataclasses.replace(raw, samples=samples)


@pytest.mark.parametrize("look", ["camera", "linear"])
def test_at_zero_they_change_no_bit(look):
    raw = frame(64, 80)
    resting = IspParams.from_dict(dict.fromkeys(LENS_NAMES, 0.0))
    assert resting.names == (*NAMES, *LENS_NAMES)
    for each in (raw, raw.proxy(32)):
        assert torch.equal(render(each, resting, look=look), render(each, IspParams.default(1), look=look))


@pytest.mark.parametrize("name", LENS)
def test_each_shows_in_the_picture(name):
    raw = fringed(frame(120, 140))
    changed = render(raw, IspParams.from_dict({name: LENS[name]}))
    assert (changed - render(raw, IspParams.default(1))).abs().amax() > 2 / 255


@pytest.mark.slow
def test_tiles_are_seamless_in_pictures_of_odd_size_and_about_an_axis_of_their_own():
    raw = dataclasses.replace(frame(149, 171), optical_centre_px=(20.0, 260.5))
    params = IspParams.from_dict(LENS)
    whole = render(raw, params)[0]
    torch.testing.assert_close(render_in_tiles(raw, params, tile=48), whole, atol=render_tolerance(), rtol=0)
    small = raw.proxy(70)
    tiles = render_in_tiles(small, params, tile=32)
    torch.testing.assert_close(tiles, render(small, params)[0], atol=render_tolerance(), rtol=0)


@pytest.mark.slow
def test_a_crop_is_the_full_size_render():
    raw = frame(240, 301)
    proxy = raw.proxy(PROXY_PX, square=True, crops=2, crop_px=96)
    params = IspParams.from_dict(LENS | QUIET)
    batch = FrameBatch.stack([proxy])
    base = clarity_base(batch, params, scene_map(batch, params, "camera"))
    crops = CropBatch.stack([proxy]).render(torch.tensor([0]), params, base)
    whole, square = render(raw, params)[0], centre_square(raw)
    for crop, shown in zip(proxy.crops, crops, strict=True):
        top, left = (
            start + round(place * crop.proxy_px) + RIM_PX
            for start, place in zip((square.top, square.left), crop.place, strict=True)
        )
        inner = shown[:, RIM_PX:-RIM_PX, RIM_PX:-RIM_PX]
        there = whole[:, top : top + inner.shape[1], left : left + inner.shape[2]]
        torch.testing.assert_close(inner, there, atol=render_tolerance(), rtol=0)
        middle = crop.centre(EDGE).frame
        assert middle.optical_centre == tuple(each - (96 - EDGE) / 2 for each in crop.frame.optical_centre)


@pytest.mark.slow
def test_a_proxy_shows_what_the_full_size_render_shows():
    raw = frame(288, 352, blur_px=4)  # what is finer than the proxy's pixels it cannot move by a part of one
    proxy = raw.proxy(72)
    assert proxy.optical_centre == pytest.approx([(edge - 1) / 2 for edge in proxy.samples.shape[:2]])

    def light(picture: RawFrame, recipe: dict[str, float]) -> Tensor:
        """Linear, where an average of colours is the colour of the average."""
        return linear_from_srgb(render(picture, IspParams.from_dict({"exposure_ev": -1} | recipe), look="linear")[0])

    def averaged(recipe: dict[str, float]) -> Tensor:
        full = light(raw, recipe)
        rows, columns = (torch.from_numpy(area_weights(*each)) for each in zip(full.shape[1:], (72, 88), strict=True))
        return rows @ full @ columns.T

    lens = {name: LENS[name] for name in ("lateral_ca_red", "lateral_ca_blue")}
    change, expected = light(proxy, lens) - light(proxy, {}), averaged(lens) - averaged({})
    assert (change - expected).abs().mean() < 0.15 * expected.abs().mean()


def gradient_and_picture(batch: FrameBatch, values: Tensor) -> tuple[Tensor, Tensor]:
    values = values.clone().requires_grad_(True)
    picture, _ = render_prepared(batch, IspParams(values, (*NAMES, *LENS_NAMES)))
    (gradient,) = torch.autograd.grad(picture.square().mean((1, 2, 3)).sum(), values)
    return gradient, picture.detach()


@pytest.mark.parametrize("at", [0.0, 1.0])
@pytest.mark.slow
def test_gradients_before_the_native_chain_are_torchs(at):
    raw = frame()
    batch = FrameBatch.stack([raw.proxy(PROXY_PX, square=True)] * 2)
    values = IspParams.from_dict([{name: at * value for name, value in LENS.items()}] * 2).values
    gradient, picture = gradient_and_picture(batch, values)
    with proxies.torch_alone():
        expected, same = gradient_and_picture(batch, values)
    torch.testing.assert_close(picture, same, atol=rounding(200, SRGB_SLOPE), rtol=0)
    assert torch.isfinite(gradient).all() and (gradient[:, -3:] != 0).all()
    torch.testing.assert_close(gradient, expected, atol=2e-3 * float(expected.abs().max()), rtol=2e-3)
