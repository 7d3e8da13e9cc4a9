"""Every kind of judge in JUDGES keeps what a Judge promises; a new kind needs a class of its own."""

import sys
from pathlib import Path

import pytest
import torch
from fixtures.conformance import kinds_tested
from fixtures.judges import fake_pyiqa, tiny_qualiclip
from fixtures.seeded import seeded
from fixtures.settings_scorer import settings_scorer
from fixtures.tiny_clip import RESNET, VIT, write_clip
from torch import nn

from attiqa_core.judges import JUDGES, create_metric
from attiqa_core.judges.clip_iqa import clip_iqa, frozen_clip
from attiqa_core.judges.clip_iqa_plus import ContextPrompts, save_prompts
from attiqa_core.judges.conformance import JudgeConformance


class Opened(JudgeConformance):
    """A judge that a module's fixture opens once; no test of the suite changes it."""

    @pytest.fixture(autouse=True)
    def hold(self, opened):
        self._judge = opened

    def judge(self):
        return self._judge


class TestTinyScorer(Opened):
    kind = "attiqa"

    @pytest.fixture(scope="class")
    def opened(self, tiny_scorer_folder):
        return create_metric(tiny_scorer_folder)


class TestScorerOfSettings(Opened):
    kind = "attiqa"

    @pytest.fixture(scope="class")
    def opened(self, tmp_path_factory):
        return create_metric(settings_scorer(tmp_path_factory.mktemp("reads") / "settings"))


class TestJoined(Opened):
    kind = "joined"

    @pytest.fixture(scope="class")
    def opened(self, tiny_scorer_folder, tmp_path_factory):
        settings = settings_scorer(tmp_path_factory.mktemp("reads") / "settings")
        return create_metric(f"{tiny_scorer_folder}+{tiny_scorer_folder}+{settings}")


@pytest.mark.slow
class TestAttiqaMini(Opened):
    kind = "attiqa"

    @pytest.fixture(scope="class")
    def opened(self):
        return create_metric("attiqa-mini", crops=1)


@pytest.mark.slow
class TestOnnx(Opened):
    kind = "onnx"
    tolerance = 1e-4

    @pytest.fixture(scope="class")
    def opened(self, tiny_onnx):
        return create_metric(tiny_onnx)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    kinds = {"kept-vit": VIT, "kept-rn": RESNET}
    return {name: write_clip(folder, name, vision, quick_gelu=True) for name, vision in kinds.items()}


class TestClipIqaCrops(Opened):
    kind = "clip-iqa"

    @pytest.fixture(scope="class")
    def opened(self, clips):
        return clip_iqa("kept-vit", str(clips["kept-vit"]), "crop")


class TestClipIqaNative(Opened):
    kind = "clip-iqa"

    @pytest.fixture(scope="class")
    def opened(self, clips):
        return clip_iqa("kept-rn", str(clips["kept-rn"]))


class TestClipIqaPlus(Opened):
    kind = "clip-iqa-plus"

    @pytest.fixture(scope="class")
    def opened(self, clips, tmp_path_factory):
        clip = frozen_clip("kept-vit", str(clips["kept-vit"]), "crop")
        prompts = ContextPrompts(clip, tokens=4, shared=True, generator=seeded(1))
        return create_metric(save_prompts(tmp_path_factory.mktemp("plus") / "plus", clip, prompts, {}))


class TestQualiClip(Opened):
    kind = "qualiclip"

    @pytest.fixture(scope="class")
    def opened(self, tmp_path_factory):
        return create_metric(tiny_qualiclip(tmp_path_factory.mktemp("quali") / "quali"))


class TestNiqe(Opened):
    kind = "niqe"
    sides = (160, 192)  # three quarters are still more than a patch of 96 px

    @pytest.fixture(scope="class")
    def opened(self):
        return create_metric("niqe")


class TestColourNaturalness(Opened):
    kind = "colour-naturalness"

    @pytest.fixture(scope="class")
    def opened(self):
        return create_metric("colour-naturalness")


class FromPyiqa(Opened):
    kind = "pyiqa"

    @pytest.fixture(autouse=True)
    def fake(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "pyiqa", fake_pyiqa())

    @pytest.fixture
    def opened(self, fake):
        return create_metric(f"pyiqa:{self.metric}")


class TestPyiqa(FromPyiqa):
    metric = "musiq"


class TestPyiqaLowerIsBetter(FromPyiqa):
    metric = "piqe"


class TestPyiqaOpenRange(FromPyiqa):
    metric = "entropy"


class TestPyiqaWithoutGradients(FromPyiqa):
    metric = "numpy"


def test_every_kind_of_judge_has_a_conformance_test():
    assert kinds_tested("JudgeConformance") == set(JUDGES)


class Careless(nn.Module):
    """A judge that breaks every promise but two: it has a number for each picture, and its reference is of no kind."""

    name = reference = sha256 = "careless"
    folder = Path("nowhere at all")
    device, crops, attribute_names = torch.device("cpu"), 1, ("brightness",)
    differentiable, bounded = False, True
    metric_name, lower_better, score_range = "careless", True, "~0, ~1"

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3))

    def read(self, images):
        scores = self.layers(images.float()).mean((1, 2, 3))
        return scores, scores.new_zeros(len(scores), 5)

    def forward(self, images):
        return self.read(images)[0] + 1

    @torch.inference_mode()
    def score(self, images):
        return self.read(images)[0]

    def to_mos(self, scores):
        return -scores

    def with_crops(self, crops):
        return Careless()


class Unkept(JudgeConformance):
    def judge(self):
        torch.manual_seed(0)
        return Careless()


SENTENCES = sorted(name for name in dir(JudgeConformance) if name.startswith("test_"))
KEPT = {
    "test_a_score_is_one_finite_float32_number_for_each_picture",
    "test_its_reference_opens_the_same_judge_again",
}


OWN_ERROR = {
    "test_a_list_of_pictures_of_any_sizes_is_scored_one_by_one": (AttributeError, "'list' object"),
    "test_a_picture_may_come_in_every_form": (ValueError, "expected 4D input"),
    "test_a_score_records_no_gradients_and_may_stand_in_a_loss": (RuntimeError, "Inference tensors"),
}
"""What the careless judge itself raises; every other broken promise is an assertion of the suite."""


@pytest.mark.parametrize("sentence", [name for name in SENTENCES if name not in KEPT])
def test_the_suite_catches_a_judge_that_breaks_its_promise(sentence):
    error, said = OWN_ERROR.get(sentence, (AssertionError, None))
    with pytest.raises(error, match=said):
        getattr(Unkept(), sentence)()
