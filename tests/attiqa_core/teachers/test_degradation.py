import json

import pytest
import torch
from fixtures.photographs import three_photographs
from fixtures.seeded import seeded

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.distortions.axes import AXES
from attiqa_core.teachers.degradation import VISIBLE_LEVEL, DegradationTeacher
from attiqa_core.teachers.statistics import StatisticsTeacher

NOISE, COLOUR = ATTRIBUTES.index("noisiness"), ATTRIBUTES.index("colorfulness")


@pytest.fixture(scope="module")
def photos():
    return three_photographs(64, 80)


def test_the_versions_of_a_photo_are_a_group(photos):
    lesson = DegradationTeacher(versions=4).lesson(photos, seeded())
    assert lesson.images.shape == (12, 3, 64, 64)
    assert lesson.labels.shape == (12, 5) and lesson.labels.dtype == torch.float32
    assert lesson.groups.tolist() == [0] * 4 + [1] * 4 + [2] * 4


def test_versions_differ_along_one_to_three_axes_and_tie_on_the_others():
    levels = DegradationTeacher(versions=4).levels(500, seeded()).view(500, 4, 5)
    active = (levels != 0).any(1)
    assert set(active.sum(1).tolist()) == {1, 2, 3}
    assert active.float().mean(0).min() > 0.3  # every axis gets its turn
    assert (levels.amax(1) - levels.amin(1))[active].min() > 0.3


def test_levels_stay_on_their_axis_and_are_visible_or_zero():
    levels = DegradationTeacher().levels(500, seeded()).view(-1, 5)
    for index, attribute in enumerate(ATTRIBUTES):
        assert levels[:, index].min() >= AXES[attribute].low and levels[:, index].max() <= AXES[attribute].high
    assert ((levels == 0) | (levels.abs() >= VISIBLE_LEVEL)).all()
    assert levels.min() < -0.9 and levels[:, :NOISE].max() > 0.89


def test_two_versions_never_come_closer_than_eyes_can_tell():
    levels = DegradationTeacher(versions=4).levels(500, seeded()).view(500, 4, 5)
    steps = levels.sort(1).values.diff(dim=1)
    assert steps[steps > 0].min() > 0.05


def test_the_same_seed_gives_the_same_lesson_and_photos_stay_as_they_are(photos):
    before = photos.clone()
    one, same, other = (DegradationTeacher().lesson(photos, seeded(seed)) for seed in (3, 3, 4))
    assert torch.equal(one.images, same.images) and torch.equal(one.labels, same.labels)
    assert not torch.equal(one.labels, other.labels)
    assert torch.equal(photos, before)


def test_a_grey_photo_teaches_nothing_about_colour(photos):
    grey = photos.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    mixed = torch.cat([grey[:1], photos[1:]])
    labels = DegradationTeacher(versions=2).lesson(mixed, seeded()).labels
    assert labels[:2, COLOUR].isnan().all()
    assert not labels[2:].isnan().any() and not labels[:, :COLOUR].isnan().any()


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_classical_measures_agree_with_the_labels_of_a_single_axis(attribute, photos):
    index = ATTRIBUTES.index(attribute)
    agreed = []
    for seed in range(12):
        lesson = DegradationTeacher(versions=4, most_axes=1).lesson(photos, seeded(seed))
        measured = StatisticsTeacher().attributes(lesson.images)[:, index].view(3, 4)
        for labels, values in zip(lesson.labels[:, index].view(3, 4), measured, strict=True):
            if (labels != 0).any():
                better, worse = (labels[:, None] > labels[None]).nonzero(as_tuple=True)
                agreed.append((values[better] > values[worse]).float().mean())
    assert torch.stack(agreed).mean() > 0.97


def test_provenance_is_ready_for_json():
    assert json.loads(json.dumps(DegradationTeacher(versions=3).provenance()))["versions"] == 3
