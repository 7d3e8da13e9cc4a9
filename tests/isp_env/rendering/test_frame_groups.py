"""Frames in their own shapes: those of one size are a group that is rendered as one batch, and all come back in order."""

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
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise
from isp_env.rendering.frame_groups import FrameGroups
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
