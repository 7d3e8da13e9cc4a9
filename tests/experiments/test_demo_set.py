from pathlib import Path

import numpy as np
import pytest
import torch

from attiqa_core.errors import UsageError
from experiments.commands.demo import nobody_learns_from
from experiments.demo_set import (
    HELD_OUT_PHOTOS,
    PACKAGED,
    TRAINING_PHOTOS,
    VALIDATION_PHOTOS,
    load_photo,
    packaged_photos,
    parts,
)
from experiments.options.demo import Config
from isp_env.reward_weights import RewardWeights
from isp_env.stores.store import Item


def test_every_photo_of_the_gate_is_packaged_and_comes_as_a_picture():
    photos = packaged_photos()
    assert len(photos) == len(PACKAGED) == 7
    assert all(photo.dtype == torch.uint8 and photo.shape[0] == 3 and photo.is_contiguous() for photo in photos)


def test_no_photo_is_trained_on_and_judged_by():
    photos = (*TRAINING_PHOTOS, *VALIDATION_PHOTOS, *HELD_OUT_PHOTOS)
    assert len(set(photos)) == len(photos) == 8


def test_the_parts_of_a_photo_share_no_pixel_and_eight_scenes_are_held_out():
    photo = load_photo("hopper")
    marked = np.arange(photo.shape[0] * photo.shape[1]).reshape(*photo.shape[:2], 1)
    height, width = photo.shape[0] // 2, photo.shape[1] // 2
    expected = {"a1": (0, 0), "a2": (0, width), "b1": (height, 0), "b2": (height, width)}
    for label, part in parts("hopper").items():
        top, left = expected[label]
        assert np.array_equal(part, photo[top : top + height, left : left + width])
    assert marked.size == 4 * height * width  # and nothing is left over
    assert sum(len(parts(photo)) for photo in HELD_OUT_PHOTOS) == 8


def test_a_raw_is_held_out_only_if_nobody_learns_from_one_of_its_name():
    sides = {"a": "test", "b": "training", "c": "test"}
    items = [Item(name, name, name, side, 0, 1) for name, side in sides.items()]
    paths = [Path("x/a.dng"), Path("x/b.dng"), Path("y/c.dng")]
    assert nobody_learns_from(paths, items) == [paths[0], paths[2]]
    assert nobody_learns_from(paths, [Item("c", "c", "d", "training", 0, 1), *items]) == [paths[0]]


@pytest.mark.parametrize("reward", [{"crop_share": 1.5}, {"tint": float("nan")}])
def test_a_demo_refuses_weights_before_it_bakes(reward, tmp_path):
    with pytest.raises(UsageError, match=next(iter(reward)).replace("_", "[-_]")):
        Config(out=tmp_path / "demo", reward=RewardWeights(**reward)).check()
