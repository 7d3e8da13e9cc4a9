import numpy as np
import pytest
import torch
from fixtures.study_pictures import picture

from attiqa_core.evaluation.colour_difference import delta_e_2000
from experiments.study.making.spoiling import GOLD, is_plain, less_and_less_spoiled, plainly_spoiled


def images_of(rgb):
    return torch.from_numpy(rgb).permute(2, 0, 1)[None] / 255


def test_a_picture_is_spoiled_on_different_axes_and_each_time_plainly():
    rgb = picture(3)
    versions = list(plainly_spoiled(rgb, 1, 7))
    ways = [version.how.rsplit(" ", 1)[0] for version in versions]
    assert ways[0] == list(GOLD)[1] and len(set(ways)) == len(ways) >= 3
    for version in versions:
        assert is_plain(images_of(rgb), images_of(version.rgb)) and version.rgb.shape == rgb.shape


@pytest.mark.parametrize("level", [0, 6])
def test_of_a_black_picture_no_gold_is_made(level):
    assert list(plainly_spoiled(np.full((32, 48, 3), level, np.uint8), 0, 1)) == []


def test_no_change_and_a_slight_one_are_not_plain():
    image = images_of(picture(5))
    assert not is_plain(image, image) and not is_plain(image, (image * 0.95).clamp(0, 1))
    assert is_plain(image, (image * 0.1).clamp(0, 1))


def test_training_goes_from_obvious_to_subtle_over_different_axes():
    rgb = picture(4, 96, 128)
    versions = [spoil(rgb, 1) for spoil in less_and_less_spoiled(10)]
    first_axis = [version for version in versions if version.how.startswith("sharpness")]
    changes = [float(delta_e_2000(images_of(rgb), images_of(version.rgb)).mean()) for version in first_axis]
    assert len(changes) == 2 and changes[0] > changes[1] > 0
    assert len({version.how.split()[0] for version in versions[:5]}) == 5
    assert [float(version.how.split()[1]) for version in versions] == sorted(
        float(version.how.split()[1]) for version in versions
    )
    assert not any(np.array_equal(version.rgb, rgb) for version in versions) and less_and_less_spoiled(0) == []
