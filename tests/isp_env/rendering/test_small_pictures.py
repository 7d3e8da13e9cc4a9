"""Small pictures at the end of an observation."""

from dataclasses import asdict

import pytest
import torch
from fixtures.seeded import uniform

from attiqa_core.errors import UsageError
from isp_env.core import IspCore, Task
from isp_env.rendering.small_pictures import shown, small_pictures

PX = 8


def test_they_are_the_averaged_render_and_the_middle_of_each_crop():
    images, crops = uniform(2, 3, 16, 24), uniform(4, 3, 12, 12)
    seen = shown(small_pictures(images, crops, PX)).view(2, 3, 3, PX, PX)
    blocks = images.unflatten(2, (PX, 2)).unflatten(4, (PX, 3)).mean((3, 5))
    torch.testing.assert_close(seen[:, 0], blocks, atol=0.5 / 255 + 1e-6, rtol=0)
    torch.testing.assert_close(seen[1, 1:], crops[2:, :, 2:10, 2:10], atol=0.5 / 255 + 1e-6, rtol=0)


def test_a_crop_smaller_than_they_are_is_resized_and_no_size_is_no_entry():
    assert small_pictures(uniform(1, 3, 16, 16), uniform(2, 3, 4, 4), PX).shape == (1, 3 * 3 * PX**2)
    assert small_pictures(uniform(2, 3, 16, 16), None, 0).shape == (2, 0)


@pytest.mark.parametrize("side", [4, 200, -8])
def test_a_side_that_is_no_small_pictures_is_refused(side):
    with pytest.raises(UsageError, match=f"pictures {side}: give a side from 8 to 128 px, or 0"):
        Task(pictures=side)


def test_a_task_of_before_had_none():
    assert Task.from_stored({name: value for name, value in asdict(Task()).items() if name != "pictures"}) == Task()


@pytest.mark.slow
def test_an_observation_ends_in_them_and_begins_as_without(synthetic_frames, tiny_scorer):
    looking, plain = (IspCore(synthetic_frames[:2], tiny_scorer, Task(proxy_px=64, pictures=px)) for px in (PX, 0))
    ids, actions = torch.tensor([1, 0]), 0.3 * uniform(2, plain.action_size)
    (state, first), (before, plain_first) = looking.reset(ids), plain.reset(ids)
    assert looking.observation_size == first.shape[1] == plain.observation_size + 3 * 3 * PX**2
    assert torch.equal(first[:, : plain.observation_size], plain_first)
    ours, theirs = looking.step(state, actions), plain.step(before, actions)
    assert torch.equal(ours.observations[:, : plain.observation_size], theirs.observations)
    seen = looking.appraise(ids, actions)
    own = shown(small_pictures(seen.images, seen.crops, PX))
    assert torch.equal(ours.observations[:, plain.observation_size :], own) and 0 < own.mean() < 1
    assert not torch.equal(own, first[:, plain.observation_size :])
