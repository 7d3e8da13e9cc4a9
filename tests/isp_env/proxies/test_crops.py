import dataclasses

import numpy as np
import pytest
import torch
from fixtures.photographs import photograph
from fixtures.tolerances import render_tolerance

from attiqa_core.errors import InputError, UsageError
from isp_env.core import IspCore
from isp_env.frames.batch import FrameBatch
from isp_env.observe import STATISTICS, least_noise, most_detail, noise_level, picture_statistics
from isp_env.params import NAMES, IspParams
from isp_env.pipeline import clarity_base, render, scene_map
from isp_env.proxies.crops import CropBatch
from isp_env.proxies.proxy import centre_square
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise
from isp_env.reward_weights import RewardWeights
from isp_env.sensor.cfa import CFA_PATTERNS
from isp_env.task import Task

EDGE, PROXY_PX = 48, 64
RIM_PX = 14  # without denoising, where a crop's mirrored border differs from the picture beyond


def frame(cfa: str = "RGGB", seed: int = 0) -> RawFrame:
    photo = photograph("coffee")[:, 60 : 60 + 170, 150 : 150 + 211].permute(1, 2, 0).numpy()
    return synthesise(
        photo, CAMERAS["nikon-d850"], cfa=cfa, iso=400, generator=np.random.default_rng(seed), name=f"cup_{seed}"
    )


def proxy_of(raw: RawFrame, count: int = 2) -> RawFrame:
    return raw.proxy(PROXY_PX, square=True, crops=count, crop_px=EDGE)


def rendered(proxies: list[RawFrame], params: IspParams) -> torch.Tensor:
    batch = FrameBatch.stack(proxies)
    base = clarity_base(batch, params, scene_map(batch, params, "camera"))
    return CropBatch.stack(proxies).render(torch.arange(len(proxies)), params, base)


def corners(raw: RawFrame, proxy: RawFrame) -> list[tuple[int, int]]:
    """Row and column of each crop in the frame's samples."""
    square = centre_square(raw)
    return [
        (square.top + round(crop.place[0] * crop.proxy_px), square.left + round(crop.place[1] * crop.proxy_px))
        for crop in proxy.crops
    ]


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
def test_a_crop_is_the_full_size_render(cfa):
    raw = frame(cfa)
    proxy = proxy_of(raw)
    params = IspParams.from_dict({"sharpen": 1, "exposure_ev": 0.3, "denoise_luma": -1, "denoise_chroma": -1})
    whole = render(raw, params)[0]
    inner = slice(RIM_PX, EDGE - RIM_PX)
    for crop, (top, left) in zip(rendered([proxy], params), corners(raw, proxy), strict=True):
        same = whole[:, top : top + EDGE, left : left + EDGE]
        torch.testing.assert_close(crop[:, inner, inner], same[:, inner, inner], atol=1e-4, rtol=0)


def test_clarity_in_a_crop_is_that_of_the_whole_picture():
    """The proxy's base has cells of other borders; a base of the crop's own would be off several times as far."""
    raw = frame()
    proxy = proxy_of(raw)
    params, plain = IspParams.from_dict({"clarity": 1}), IspParams.default(1)
    whole, unchanged = render(raw, params)[0], render(raw, plain)[0]
    inner = slice(RIM_PX, EDGE - RIM_PX)
    for crop, (top, left) in zip(rendered([proxy], params), corners(raw, proxy), strict=True):
        same, before = (each[:, top : top + EDGE, left : left + EDGE][:, inner, inner] for each in (whole, unchanged))
        assert (crop[:, inner, inner] - same).abs().mean() < 0.2 * (same - before).abs().mean() + 1e-3


@pytest.mark.parametrize("count", [1, 2, 3])
def test_crops_lie_in_the_square_at_even_places_and_are_chosen_alike_each_time(count):
    raw = frame()
    proxy, again = proxy_of(raw, count), proxy_of(raw, count)
    square = centre_square(raw)
    assert len(proxy.crops) == count
    for crop, other, (top, left) in zip(proxy.crops, again.crops, corners(raw, proxy), strict=True):
        assert top % 2 == 0 and left % 2 == 0
        assert square.top <= top <= square.bottom - EDGE and square.left <= left <= square.right - EDGE
        assert crop.place == other.place and np.array_equal(crop.frame.samples, other.frame.samples)
        assert crop.frame.noise == raw.noise and crop.frame.scale == raw.scale and crop.frame.cfa == raw.cfa


def textured() -> RawFrame:
    """Mid grey; stripes in one corner, clipped stripes in another, black in a third."""
    picture = np.full((192, 192), 2000, np.uint16)
    picture[:64, :64][:, ::4] = 3500
    picture[:64, 128:] = 9000
    picture[:64, 128:][:, ::4] = 0
    picture[128:, :64] = 0
    return RawFrame.from_mosaic(picture, "RGGB", black_level_dn=0, white_level_dn=9000)


def test_detail_is_found_and_the_flat_is_neither_black_nor_clipped():
    raw = textured()
    proxy = proxy_of(raw)
    (detail, flat) = proxy.crops
    assert corners(raw, proxy)[0][0] < 24 and corners(raw, proxy)[0][1] < 24
    assert np.unique(flat.frame.samples).tolist() == [pytest.approx(2000 / 9000)]
    assert detail.frame.samples.max() < 0.5


def test_mosaics_and_rgb_in_one_set_come_back_in_order():
    rgb = np.random.default_rng(1).uniform(0.1, 0.6, (80, 90, 3)).astype(np.float32)
    proxies = [
        proxy_of(frame()),
        proxy_of(RawFrame.from_linear_rgb(rgb, wb_as_shot=(2, 1, 1.5))),
        proxy_of(frame("BGGR")),
    ]
    params = IspParams.from_dict([{"sharpen": 1}, {"contrast": 0.3}, {"exposure_ev": 0.5}])
    together = rendered(proxies, params)
    each = torch.cat([rendered([proxy], params.take(torch.tensor([i]))) for i, proxy in enumerate(proxies)])
    torch.testing.assert_close(together, each, atol=render_tolerance(), rtol=0)


def test_the_smallest_frame_gives_the_size_of_all_crops():
    small = RawFrame.from_linear_rgb(np.full((33, 40, 3), 0.4, np.float32), wb_as_shot=(2, 1, 1.5))
    batch = CropBatch.stack([proxy_of(frame()), proxy_of(small)])
    assert {frames.samples.shape[-1] for frames in batch.frames} == {32}


def test_a_proxy_without_crops_is_refused_and_one_with_more_gives_the_first():
    proxy = proxy_of(frame(), 3)
    assert proxy.proxy(PROXY_PX, square=True, crops=1).crops == proxy.crops[:1]
    assert proxy.proxy(PROXY_PX, square=True, crops=3) is proxy
    with pytest.raises(InputError, match=r"cup_0: is a proxy without 2 crops.*crops=0"):
        frame().proxy(PROXY_PX, square=True).proxy(PROXY_PX, square=True, crops=2)


def test_detail_and_noise_are_observed_on_the_crops():
    crops = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    crops[1::2] *= 0.1
    images = torch.full((2, 3, 64, 64), 0.5)
    assert (most_detail(images, crops) > 5 * most_detail(images, crops[1::2])).all()
    torch.testing.assert_close(least_noise(images, crops), noise_level(crops[1::2]))
    changed = (picture_statistics(images, crops) != picture_statistics(images)).any(0)
    assert [name for name, differs in zip(STATISTICS, changed, strict=True) if differs] == ["sharpness", "noise"]


def core_of(scorer, crops: int, share: float = 0.5) -> IspCore:
    weights = RewardWeights(crop_share=share, noise_gain=1)
    return IspCore([frame(), frame("GRBG", 1)], scorer, Task(proxy_px=PROXY_PX, crops=crops), weights)


@pytest.mark.slow
def test_the_score_is_that_of_whole_and_crops_by_the_share(tiny_scorer):
    ids = torch.arange(2)
    whole, crops, half = (core_of(tiny_scorer, 2, share) for share in (0.0, 1.0, 0.25))
    actions = whole.identity.expand(2, -1)
    scores = [core.appraise(ids, actions).scores for core in (whole, crops, half)]
    seen = crops.appraise(ids, actions)
    expected = tiny_scorer.with_crops(1).read(seen.crops)[0].view(2, 2).mean(1)
    torch.testing.assert_close(scores[1], expected)
    torch.testing.assert_close(scores[2], 0.75 * scores[0] + 0.25 * scores[1])
    torch.testing.assert_close(scores[0], core_of(tiny_scorer, 0).appraise(ids, actions).scores)


@pytest.mark.slow
def test_sharpening_shows_more_in_the_crops_than_in_the_proxy(tiny_scorer):
    core = core_of(tiny_scorer, 2)
    actions = core.identity.clone()
    actions[NAMES.index("sharpen")] = 1
    before, after = (core.appraise(torch.tensor([0]), each[None]) for each in (core.identity, actions))
    # A proxy's pixel is 2.7 of the frame's here; of a whole raw it is some ten.
    assert (after.crops - before.crops).abs().mean() > 1.5 * (after.images - before.images).abs().mean()
    assert (after.terms[0, 3] < before.terms[0, 3]).all()  # noise_gain


@pytest.mark.slow
def test_gradients_reach_the_parameters_through_the_crops(tiny_scorer):
    core = core_of(tiny_scorer, 2, 1.0)
    action = (core.identity * 0.7 + 0.1)[None].clone().requires_grad_(True)
    core.appraise(torch.tensor([0]), action).crops.mean().backward()
    assert torch.isfinite(action.grad).all() and (action.grad != 0).all()


def test_a_share_beyond_one_and_too_many_crops_are_refused():
    with pytest.raises(UsageError, match="crop_share"):
        RewardWeights.from_dict({"crop_share": 1.5})
    with pytest.raises(UsageError, match="0 to 3 crops"):
        Task(crops=4)


def test_a_stored_task_or_weights_of_before_there_were_crops_have_none():
    stored = dataclasses.asdict(Task("iterative", proxy_px=96))
    del stored["crops"]
    assert Task.from_stored(stored) == Task("iterative", proxy_px=96, crops=0)
    assert Task.from_stored(dataclasses.asdict(Task())) == Task()
    assert RewardWeights.from_stored({"prior": 0.1}, "old").crop_share == 0
