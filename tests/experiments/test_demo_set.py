import numpy as np
import torch

from experiments.demo_set import (
    HELD_OUT_PHOTOS,
    PACKAGED,
    TRAINING_PHOTOS,
    VALIDATION_PHOTOS,
    load_photo,
    packaged_photos,
    parts,
)


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
