"""Every teacher of TEACHERS keeps what `attiqa_core.teachers.conformance` asks of one."""

import numpy as np
import pytest
import torch
from fixtures.conformance import kinds_tested
from fixtures.judges import tiny_qualiclip
from fixtures.seeded import uniform
from fixtures.tiny_clip import clip_options

from attiqa_core.labelling.cached_teacher import CachedTeacher
from attiqa_core.photos.images import to_picture
from attiqa_core.teachers import TEACHERS
from attiqa_core.teachers.conformance import LabellingTeacherConformance, TeacherConformance, pictures
from attiqa_core.teachers.statistics import StatisticsTeacher


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Options that choose a tiny random CLIP."""
    return clip_options(tmp_path_factory.mktemp("clip"), "conformance-clip")


@pytest.fixture(scope="module")
def qualiclip_run(tmp_path_factory):
    """A run of `attiqa qualiclip` with a tiny random network."""
    shown = [to_picture(picture) for picture in pictures()]
    return tiny_qualiclip(tmp_path_factory.mktemp("runs") / "qualiclip", shown)


@pytest.mark.slow
class TestClip(LabellingTeacherConformance):
    kind = "clip"

    @pytest.fixture(autouse=True)
    def choose(self, clip):
        self.options = clip

    def teacher(self):
        return TEACHERS["clip"].make(prompts="table1", prompt_set="joint", device="cpu", **self.options)


@pytest.mark.slow
class TestClipInBf16(TestClip):
    neighbours = 1e-2
    agreement = 1.0

    def teacher(self):
        return TEACHERS["clip"].make(
            prompts="table1", prompt_set="joint", device="cpu", precision="bf16", **self.options
        )


class TestStatistics(LabellingTeacherConformance):
    kind = "statistics"

    def teacher(self):
        return StatisticsTeacher(short_edge=96)  # files come to the size that the pictures have


class TestDegradation(TeacherConformance):
    kind = "degradation"

    def teacher(self):
        return TEACHERS["degradation"].make(versions=3)


class TestQualiClip(LabellingTeacherConformance):
    kind = "qualiclip"

    @pytest.fixture(autouse=True)
    def run(self, qualiclip_run):
        self.folder = qualiclip_run

    def teacher(self):
        return TEACHERS["qualiclip"].make(qualiclip=self.folder, device="cpu")


class TestCachedLabels(TeacherConformance):
    """Not of TEACHERS: it was told beforehand what `attiqa label` found."""

    def teacher(self):
        labels = uniform(9, 5)
        return CachedTeacher(labels, {"sha256": "0" * 64}).about(torch.tensor([7, 1, 0, 3]))


def test_every_teacher_has_a_conformance_test_of_all_that_it_promises():
    labelling = {name for name, row in TEACHERS.items() if row.labels_photos}
    assert kinds_tested("LabellingTeacherConformance") >= labelling
    assert kinds_tested("TeacherConformance") | kinds_tested("LabellingTeacherConformance") == set(TEACHERS)


class Forgetful(StatisticsTeacher):
    """Breaks one promise after the other, for the suite to notice."""

    def encode(self, prepared):
        rows = super().encode(prepared)
        return rows - rows.mean(0)

    def lesson(self, photos, generator):
        photos.clamp_(0.1, 0.9)
        return super().lesson(photos + 0.01 * torch.rand(photos.shape), generator)

    def golden(self):
        return np.random.default_rng().normal(size=5).tolist()

    def provenance(self):
        return {"teacher": self.name, "seen": {1, 2}}


class Unkept(LabellingTeacherConformance):
    def teacher(self):
        return Forgetful(short_edge=96)


@pytest.mark.parametrize(
    "broken",
    [
        "test_the_same_generator_gives_the_same_lesson_whatever_else_is_random",
        "test_a_lesson_leaves_the_photos_as_they_are",
        "test_provenance_is_json_that_names_the_teacher",
        "test_photos_from_files_get_the_labels_of_the_same_tensors",
        "test_a_row_does_not_depend_on_its_batch",
        "test_the_golden_row_is_that_of_the_golden_image_again_and_again",
    ],
)
def test_the_suite_notices_a_broken_promise(broken):
    with pytest.raises((AssertionError, TypeError)):
        getattr(Unkept(), broken)()
