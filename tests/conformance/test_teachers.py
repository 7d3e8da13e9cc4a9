"""Every teacher of TEACHERS keeps what `attiqa_core.teachers.conformance` asks of one."""

import json

import numpy as np
import open_clip
import pytest
import torch
from fixtures.seeded import uniform
from safetensors.torch import save_file

from attiqa_core.judges.prompt_judge import View
from attiqa_core.judges.qualiclip import QUALITY_PAIRS, attribute_pairs, save_qualiclip
from attiqa_core.judges.towers import BackboneTower, random_text
from attiqa_core.labelling.cached_teacher import CachedTeacher
from attiqa_core.network.model import AttiqaNet, architecture
from attiqa_core.photos.images import to_picture
from attiqa_core.teachers import TEACHERS
from attiqa_core.teachers.conformance import LabellingTeacherConformance, TeacherConformance, pictures
from attiqa_core.teachers.statistics import StatisticsTeacher
from attiqa_core.training.qualiclip import calibrate
from attiqa_core.training.recipe import QualiClipRecipe

CLIP = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "head_width": 32, "patch_size": 8},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="module")
def clip_weights(tmp_path_factory):
    """A file of weights of a tiny random CLIP that open_clip knows as conformance-clip."""
    folder = tmp_path_factory.mktemp("clip")
    (folder / "conformance-clip.json").write_text(json.dumps(CLIP), encoding="utf-8")
    open_clip.add_model_config(folder)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save_file(open_clip.create_model("conformance-clip").state_dict(), folder / "tiny.safetensors")
    return folder / "tiny.safetensors"


@pytest.fixture(scope="module")
def qualiclip_run(tmp_path_factory):
    """A run of `attiqa qualiclip` with a tiny random network."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tower = BackboneTower(AttiqaNet(architecture("test_efficientnet", 4)), 16)
    text, attribute_text = random_text(QUALITY_PAIRS, 16), random_text(attribute_pairs(), 16)
    shown = [to_picture(picture) for picture in pictures()]
    scale = calibrate(tower, text, shown, QualiClipRecipe(levels=3, crop=48, spare=8))
    folder = tmp_path_factory.mktemp("runs") / "qualiclip"
    described = {"stand_in": True, "text": "random"}
    return save_qualiclip(folder, tower, text, attribute_text, View(64, 48, "bilinear"), scale, described)


class TestClip(LabellingTeacherConformance):
    @pytest.fixture(autouse=True)
    def weights(self, clip_weights):
        self.options = {"clip_model": "conformance-clip", "clip_weights": str(clip_weights), "clip_activation": "gelu"}

    def teacher(self):
        return TEACHERS["clip"].make(prompts="table1", prompt_set="joint", device="cpu", **self.options)


class TestClipInBf16(TestClip):
    neighbours = 1e-2
    agreement = 1.0

    def teacher(self):
        return TEACHERS["clip"].make(
            prompts="table1", prompt_set="joint", device="cpu", precision="bf16", **self.options
        )


class TestStatistics(LabellingTeacherConformance):
    def teacher(self):
        return StatisticsTeacher(short_edge=96)  # files come to the size that the pictures have


class TestDegradation(TeacherConformance):
    def teacher(self):
        return TEACHERS["degradation"].make(versions=3)


class TestQualiClip(LabellingTeacherConformance):
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


TESTED = {"clip": TestClip, "statistics": TestStatistics, "degradation": TestDegradation, "qualiclip": TestQualiClip}


def test_every_teacher_is_tested():
    assert TESTED.keys() == TEACHERS.keys()
    for name, row in TEACHERS.items():
        assert issubclass(TESTED[name], LabellingTeacherConformance) == row.labels_photos


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
