"""Proxies in the frame's own shape: their sizes, groups of one size in one batch, and squares for the judge."""

import dataclasses

import numpy as np
import pytest
import torch
from fixtures.photographs import smooth_scene
from fixtures.seeded import uniform
from fixtures.tolerances import render_tolerance

from agents.attack import attack
from agents.baselines.gradient import GradientTuner
from isp_env import isp as isp_module
from isp_env.core import IspCore, Task
from isp_env.env import IspEnv
from isp_env.proxies.proxy import Window, is_of_area, proxy_size
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise
from isp_env.rendering.frame_groups import FrameGroups
from isp_env.rendering.squares import read_whole, squares
from isp_env.vec_env import IspVecEnv

SHAPES = ((96, 128), (128, 96), (96, 96), (96, 128))
PX = 64


def frame(height: int, width: int, seed: int = 0) -> RawFrame:
    scene = smooth_scene(seed, height, width)
    generator = np.random.default_rng(seed)
    return synthesise(scene, CAMERAS["nikon-d850"], iso=400, generator=generator, name=f"{height}x{width}_{seed}")


@pytest.fixture(scope="module")
def frames() -> list[RawFrame]:
    return [frame(*shape, seed) for seed, shape in enumerate(SHAPES)]


@pytest.fixture(scope="module")
def mixed(frames, tiny_scorer) -> IspCore:
    return IspCore(frames, tiny_scorer, Task(proxy_px=PX))


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


def test_frames_of_one_size_form_a_group_and_one_group_is_never_looked_up(frames):
    groups = FrameGroups.stack([each.proxy(PX, by_area=True, crops=2) for each in frames], True, "cpu")
    assert [len(group.frames) for group in groups.groups] == [2, 1, 1]
    (rows,) = FrameGroups.stack([frames[0].proxy(PX, by_area=True)] * 3, False, "cpu").rows(torch.tensor([2, 0]))
    assert rows.where is None and rows.places.tolist() == [2, 0]


@pytest.mark.slow
def test_several_sizes_come_back_in_order(frames, mixed, tiny_scorer):
    ids = torch.tensor([2, 0, 3, 1, 0])
    actions = uniform(5, mixed.action_size) - 0.5
    together = mixed.step(mixed.reset(ids)[0], actions)
    seen = mixed.appraise(ids, actions)
    shapes = [tuple(image.shape[1:]) for image in seen.images]
    assert shapes == [(64, 64), (56, 74), (56, 74), (74, 56), (56, 74)]
    for row, index in enumerate(ids.tolist()):
        alone = IspCore([frames[index]], tiny_scorer, Task(proxy_px=PX))
        one = alone.appraise(torch.tensor([0]), actions[[row]])
        torch.testing.assert_close(seen.images[row], one.images[0], atol=render_tolerance(), rtol=0)
        torch.testing.assert_close(
            torch.stack(seen.crops[2 * row : 2 * row + 2]), one.crops, atol=render_tolerance(), rtol=0
        )
        torch.testing.assert_close(seen.terms[[row]], one.terms, atol=render_tolerance(), rtol=0)
        torch.testing.assert_close(seen.seen.table()[[row]], one.seen.table(), atol=1e-3, rtol=0)
        torch.testing.assert_close(mixed.default_observations[[index]], alone.default_observations, atol=2e-3, rtol=0)
        step = alone.step(alone.reset(torch.tensor([0]))[0], actions[[row]])
        torch.testing.assert_close(together.observations[[row]], step.observations, atol=2e-3, rtol=0)
        torch.testing.assert_close(together.rewards[[row]], step.rewards, atol=2 * render_tolerance(), rtol=0)


def test_renders_and_penalties_of_several_sizes_are_in_order(mixed):
    ids = torch.arange(4)
    images, limits = mixed.render(ids, mixed.identity.expand(4, -1))
    assert isinstance(images, list) and [each.shape[2] for each in images] == [74, 56, 64, 74]
    for row, penalty in enumerate(limits["gamut"]):
        torch.testing.assert_close(mixed.render(ids[[row]], mixed.identity[None])[1]["gamut"][0], penalty)


@pytest.mark.slow
def test_gradients_reach_every_row_of_several_sizes(mixed):
    actions = (0.3 * uniform(4, mixed.action_size)).requires_grad_(True)
    mixed.appraise(torch.arange(4), actions).values.sum().backward()
    assert torch.isfinite(actions.grad).all() and (actions.grad != 0).any(1).all()


@pytest.mark.slow
def test_adapters_tuner_and_attack_take_frames_of_any_shape(frames, mixed, tiny_scorer):
    env = IspEnv(core=mixed, render_mode="rgb_array")
    env.reset(options={"image": 1})
    assert env.render().shape == (74, 56, 3)
    vector = IspVecEnv(mixed, 3)
    vector.reset()
    assert np.isfinite(vector.step(np.zeros((3, mixed.action_size), np.float32))[0]).all()
    found = attack(mixed, {"same": tiny_scorer}, 1)
    assert [each.shape[1:] for each in found.after] == [(56, 74), (74, 56), (64, 64), (56, 74)]
    assert len(GradientTuner(2, mixed.task).tune(mixed)) == len(frames)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(64, 256), (300, 40), (34, 700)])
def test_a_panorama_is_a_frame_like_any_other(shape, tiny_scorer):
    core = IspCore([frame(*shape)], tiny_scorer, Task(proxy_px=48))
    actions = core.identity[None].clone().requires_grad_(True)
    seen = core.appraise(torch.tensor([0]), actions)
    seen.values.sum().backward()
    assert torch.isfinite(core.default_observations).all() and torch.isfinite(actions.grad).all()


@pytest.mark.parametrize(
    ("shape", "count"), [((30, 30), 1), ((30, 33), 1), ((30, 40), 2), ((45, 30), 2), ((20, 80), 4)]
)
def test_squares_cover_the_picture_from_end_to_end(shape, count):
    places = torch.arange(shape[0] * shape[1]).float().view(1, 1, *shape)
    found = squares(places.expand(1, 3, -1, -1))
    assert len(found) == count
    assert len(torch.cat([each[:, 0].flatten() for each in found]).unique()) == places.numel()
    assert count == 1 or all(each.shape[-2:] == (min(shape), min(shape)) for each in found)


def test_a_whole_picture_scores_the_mean_of_its_squares_and_a_square_what_the_judge_says(tiny_scorer):
    images = uniform(2, 3, 64, 96)
    scores, attributes = read_whole(tiny_scorer, images)
    left, right = (tiny_scorer.read(each) for each in (images[..., :64], images[..., 32:]))
    torch.testing.assert_close(scores, (left[0] + right[0]) / 2)
    torch.testing.assert_close(attributes, (left[1] + right[1]) / 2)
    assert torch.equal(read_whole(tiny_scorer, images[..., :64])[0], left[0])
    assert torch.equal(read_whole(tiny_scorer, [images[0], images[1][..., :64]])[0][1:], left[0][1:])


@pytest.mark.slow
def test_a_part_of_exactly_the_compiled_batch_is_compiled_and_no_other(frames, tiny_scorer, monkeypatch):
    compiled = []

    def counted():
        def render(batch, params, **others):
            compiled.append(tuple(batch.samples.shape))
            return isp_module.render_prepared(batch, params, **others)

        return render

    monkeypatch.setattr(isp_module, "compiled_render_prepared", counted)
    core = IspCore(frames, tiny_scorer, Task(proxy_px=PX, crops=0), compiled_batch=2)
    compiled.clear()
    core.render(torch.tensor([0, 1, 3]), core.identity.expand(3, -1))
    core.render(torch.tensor([0, 1]), core.identity.expand(2, -1))
    assert compiled == [(2, 3, 56, 74)]


@pytest.mark.slow
def test_a_stored_task_of_before_there_were_whole_frames_has_squares(frames, tiny_scorer):
    stored = dataclasses.asdict(Task(proxy_px=PX, square=True))
    del stored["square"]
    task = Task.from_stored(stored)
    assert task.square
    images, _ = IspCore(frames, tiny_scorer, task).render(torch.arange(4), torch.zeros(4, 16))
    assert images.shape == (4, 3, PX, PX)
