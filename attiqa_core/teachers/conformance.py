"""What every teacher keeps, as tests to inherit: a test module names its own class after "Test", and pytest runs them.

class TestMine(LabellingTeacherConformance):
    def teacher(self):
        return MyTeacher()
"""

import json
from typing import Any

import numpy as np
import torch
from torch import Tensor

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.photos.images import to_images, to_picture
from attiqa_core.teachers.golden import TOLERANCE, golden_image, same_encoder
from attiqa_core.teachers.teacher import Lesson

SIDE_PX = 96


def pictures() -> list[np.ndarray]:
    """Return four uint8 pictures, square and 96 px wide, that differ in all five attributes."""
    row, column = np.mgrid[:SIDE_PX, :SIDE_PX] / SIDE_PX
    grain = np.random.default_rng(0).normal(size=(SIDE_PX, SIDE_PX, 3))
    made = []
    for waves, contrast, brightness, colour, noise in (
        (2, 0.4, 0.5, 0.3, 0.0), (9, 0.2, 0.3, 0.1, 0.02), (4, 0.3, 0.7, 0.0, 0.06), (15, 0.1, 0.6, 0.2, 0.01),
    ):  # fmt: skip
        grey = brightness + contrast * np.sign(np.sin(6.28 * waves * row) * np.cos(6.28 * waves * column))
        tint = colour * np.stack([np.sin(6.28 * row), np.cos(6.28 * column), np.sin(6.28 * (row + column))], -1)
        made.append(np.rint(255 * (grey[..., None] + tint + noise * grain).clip(0, 1)).astype(np.uint8))
    return made


class TeacherConformance:
    """Any teacher: its lessons have the shapes, groups and reproducibility that a training relies on."""

    def teacher(self) -> Any:
        """Return the teacher to test; it will be shown the four `pictures`."""
        raise NotImplementedError("return the teacher to test")

    def photos(self) -> Tensor:
        """The pictures as one batch."""
        return to_images(torch.stack([to_picture(picture) for picture in pictures()]))

    def lesson(self, seed: int = 0) -> Lesson:
        """A lesson about the pictures."""
        return self.teacher().lesson(self.photos(), torch.Generator().manual_seed(seed))

    def test_a_lesson_has_images_and_a_label_of_each_attribute_for_each(self) -> None:
        lesson, width = self.lesson(), len(getattr(self.teacher(), "attribute_names", ATTRIBUTES))
        assert lesson.images.ndim == 4 and lesson.images.shape[1:] == (3, SIDE_PX, SIDE_PX)
        assert len(lesson.images) % len(self.photos()) == 0, "each photo is shown equally often"
        assert lesson.images.min() >= 0 and lesson.images.max() <= 1
        assert lesson.labels.shape == (len(lesson.images), width) and lesson.labels.dtype == torch.float32

    def test_labels_are_numbers_or_nan_and_carry_no_gradient(self) -> None:
        labels = self.lesson().labels
        assert not labels.isinf().any() and not labels.requires_grad
        assert labels.isfinite().any(), "a lesson without one label teaches nothing"

    def test_groups_are_whole_numbers_and_one_where_all_pairs_are_comparable(self) -> None:
        lesson = self.lesson()
        assert lesson.groups.shape == (len(lesson.images),) and lesson.groups.dtype == torch.int64
        if lesson.across_photos:
            assert not lesson.groups.any(), "every pair is comparable, so there is one group, 0"
        else:
            assert lesson.groups.min() >= 0 and lesson.groups.max() < len(self.photos()), "groups are photos, from 0"

    def test_the_same_generator_gives_the_same_lesson_whatever_else_is_random(self) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(1)
            one = self.lesson()
            torch.manual_seed(2)
            other = self.lesson()
        assert torch.equal(one.images, other.images) and torch.equal(one.groups, other.groups)
        assert torch.equal(one.labels.nan_to_num(-1e9), other.labels.nan_to_num(-1e9))

    def test_a_lesson_leaves_the_photos_as_they_are(self) -> None:
        photos = self.photos()
        self.teacher().lesson(photos, torch.Generator().manual_seed(0))
        assert torch.equal(photos, self.photos())

    def test_provenance_is_json_that_names_the_teacher(self) -> None:
        teacher = self.teacher()
        assert json.loads(json.dumps(teacher.provenance()))["teacher"] == teacher.name


class LabellingTeacherConformance(TeacherConformance):
    """A teacher that scores any image on its own: photos from files and batches of tensors get the same labels.

    `agreement` is how far a label may be from the other way's, in the labels' standard deviations over the pictures: files
    are resized in 8 bits, tensors in float. `neighbours` is how far a row may depend on its batch, relative to its size.
    """

    agreement = 0.05
    neighbours = 1e-5

    def prepared(self) -> list[Tensor]:
        """The pictures, prepared one by one."""
        teacher = self.teacher()
        return [teacher.prepare(picture) for picture in pictures()]

    def test_photos_from_files_get_the_labels_of_the_same_tensors(self) -> None:
        teacher = self.teacher()
        labels, expected = teacher.labels(teacher.encode(self.prepared())).cpu(), teacher.attributes(self.photos())
        assert labels.shape == expected.shape == (len(self.photos()), len(teacher.attribute_names))
        apart = ((labels - expected).abs().amax(0) / expected.std(0)).max()
        assert apart <= self.agreement, f"labels differ by {apart:.3g} of their standard deviation"

    def test_preparing_leaves_the_picture_as_it_is(self) -> None:
        given = pictures()
        for picture in given:
            self.teacher().prepare(picture)
        assert all(np.array_equal(one, other) for one, other in zip(given, pictures(), strict=True))

    def test_a_row_does_not_depend_on_its_batch(self) -> None:
        teacher, prepared = self.teacher(), self.prepared()
        together = teacher.encode(prepared).float().cpu()
        alone = torch.cat([teacher.encode([each]).float().cpu() for each in prepared])
        assert ((together - alone).abs() <= self.neighbours * together.abs().clamp_min(1)).all()

    def test_rows_are_named_and_finite_and_rows_that_are_labels_stay_so(self) -> None:
        teacher = self.teacher()
        rows = teacher.encode(self.prepared()).float()
        assert teacher.rows in ("embeddings", "labels") and rows.ndim == 2 and rows.isfinite().all()
        if teacher.rows == "labels":
            assert torch.equal(teacher.labels(rows), rows)

    def test_attributes_are_named_once_each(self) -> None:
        names = self.teacher().attribute_names
        assert isinstance(names, tuple) and names and len(set(names)) == len(names)

    def test_the_golden_row_is_that_of_the_golden_image_again_and_again(self) -> None:
        teacher = self.teacher()
        row = teacher.encode([teacher.prepare(golden_image())])[0].tolist()
        assert teacher.golden() == self.teacher().golden(), "a resumed run would be refused"
        assert same_encoder(teacher.golden(), row, teacher.encoder()["precision"])

    def test_the_encoder_is_described_in_json_with_its_precision(self) -> None:
        encoder = self.teacher().encoder()
        assert json.loads(json.dumps(encoder))["precision"] in TOLERANCE
