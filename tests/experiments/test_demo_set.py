import torch

from experiments.demo_set import HELD_OUT_PHOTOS, PACKAGED, TRAINING_PHOTOS, packaged_photos


def test_every_photo_of_the_demo_is_packaged_and_comes_as_a_picture():
    photos = packaged_photos()
    assert set(PACKAGED) == {*TRAINING_PHOTOS, *HELD_OUT_PHOTOS} and len(photos) == len(PACKAGED) == 7
    assert all(photo.dtype == torch.uint8 and photo.shape[0] == 3 and photo.is_contiguous() for photo in photos)
