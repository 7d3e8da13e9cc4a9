import json
import sys
from importlib.util import find_spec

import pytest
import torch

from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges.judge import create_metric
from attiqa_core.judges.onnx_export import _mean_of_crops, _preprocessing, export_onnx
from attiqa_core.judges.onnx_scorer import OnnxScorer
from attiqa_core.network.views import crops_of
from attiqa_core.scorer import Preprocessing, Scorer

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.skipif(find_spec("onnxscript") is None, reason="needs the extra `onnx`")

SIZES = [(72, 72), (71, 100), (40, 90), (203, 151), (72, 97), (300, 75)]


def session(text: str):
    return runtime.InferenceSession(
        onnx.parser.parse_model(text).SerializeToString(), providers=["CPUExecutionProvider"]
    )


@pytest.mark.parametrize("crops", [1, 5])
@pytest.mark.parametrize("crop", [64, 67])
def test_resizing_and_crops_inside_the_model_are_the_scorers_own(tiny_scorer, crops, crop):
    scorer = Scorer(tiny_scorer.net, Preprocessing(72, crop), tiny_scorer.mos_range, "", "", crops)
    floats, bytes_ = (
        session(_preprocessing(scorer.preprocessing, crops, kind, None, None)) for kind in ("float", "uint8")
    )
    for size in SIZES:
        pixels = torch.randint(0, 256, (2, 3, *size), dtype=torch.uint8)
        expected = crops_of(pixels / 255, scorer.preprocessing, scorer.crops)
        for model, given in ((floats, pixels / 255), (bytes_, pixels)):
            (cut,) = model.run(None, {"rgb": given.numpy()})
            torch.testing.assert_close(
                torch.from_numpy(cut), expected, atol=1e-4, rtol=0
            )  # its coordinates are float32


def test_the_mean_is_taken_over_an_images_own_crops():
    mos, attributes = session(_mean_of_crops(5, 2)).run(
        None,
        {
            "mos_of_crops": torch.arange(10.0).numpy(),
            "attributes_of_crops": torch.arange(20.0).view(10, 2).numpy(),
        },
    )
    assert mos.tolist() == [4, 5] and attributes.tolist() == [[8, 9], [10, 11]]


@pytest.fixture(scope="module")
def exported(tiny_scorer, tmp_path_factory):
    return export_onnx(tiny_scorer.with_crops(5), tmp_path_factory.mktemp("onnx") / "tiny.onnx")


@pytest.mark.slow
def test_onnx_runtime_agrees_with_torch_on_any_size_and_batch(exported, tiny_scorer):
    scorer, model = tiny_scorer.with_crops(5), OnnxScorer(exported)
    for size in ((72, 72), (131, 90)):
        images = torch.rand(3, 3, *size)
        for mine, theirs in zip(model.read(images), scorer.read(images), strict=True):
            torch.testing.assert_close(mine, theirs, atol=1e-4, rtol=0)
        together = model.session.run(None, {"rgb": images.numpy()})[0]
        torch.testing.assert_close(torch.from_numpy(together), scorer.score(images), atol=1e-4, rtol=0)


@pytest.mark.slow
def test_an_exported_score_is_the_same_bits_in_any_batch(exported):
    model, images = OnnxScorer(exported), torch.rand(3, 3, 80, 100)
    assert torch.equal(model.read(images)[0], torch.cat([model.read(each[None])[0] for each in images]))


@pytest.mark.slow
def test_the_file_says_what_it_is(exported, tiny_scorer):
    written = onnx.load(exported)
    assert len(written.opset_import) == 1  # tools that change models refuse one opset named for each part
    said = {entry.key: entry.value for entry in written.metadata_props}
    model = OnnxScorer(exported)
    assert said["sha256"] == tiny_scorer.sha256 == model.sha256 and model.crops == 5
    assert (
        json.loads(said["attributes"]) == list(tiny_scorer.attribute_names) and model.mos_range == tiny_scorer.mos_range
    )
    assert json.loads(said["preprocessing"]) == {"resize": 72, "crop": 64, "sizes": None}
    assert model.to_mos(torch.tensor([0.5])).item() == 50


@pytest.mark.slow
def test_a_model_keeps_its_own_crops_and_says_so_when_others_are_asked_for(exported, logged):
    assert create_metric(exported).crops == create_metric(exported, crops=5).crops == 5 and not logged
    assert create_metric(exported, crops=1).crops == 5
    (said,) = logged
    assert said.endswith("tiny.onnx: looks at 5 of a picture's crops, not 1; export the scorer with --crops 1")
    with pytest.raises(UsageError, match="--crops 1"):
        OnnxScorer(exported).with_crops(1)


@pytest.mark.slow
def test_a_model_of_a_fixed_form_scores_any_number_of_pictures_of_its_size_alone(tiny_scorer, tmp_path):
    model = OnnxScorer(export_onnx(tiny_scorer, tmp_path / "fixed.onnx", batch=2, size=(80, 90)))
    images = torch.rand(3, 3, 80, 90)
    torch.testing.assert_close(model.score(images), tiny_scorer.score(images), atol=1e-4, rtol=0)
    with pytest.raises(InputError, match=r"fixed.onnx: was exported for pictures of 80 x 90 .*not 90 x 80"):
        model.score(torch.rand(1, 3, 90, 80))


def test_what_is_no_exported_scorer_is_refused(tmp_path):
    (tmp_path / "cut.onnx").write_bytes(b"nonsense")
    (tmp_path / "other.onnx").write_bytes(onnx.parser.parse_model(_mean_of_crops(1, 5)).SerializeToString())
    for name, message in (("cut.onnx", "not a whole"), ("other.onnx", "attiqa export"), ("none.onnx", "no such file")):
        with pytest.raises(InputError, match=message):
            OnnxScorer(tmp_path / name)


def test_without_the_extra_the_cure_is_named(tiny_scorer, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UsageError, match=r"attiqa-isp\[onnx\]"):
        export_onnx(tiny_scorer, tmp_path / "x.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_shipped_scorer_keeps_its_scores(tmp_path):
    scorer = Scorer.load("attiqa-mini", crops=1)
    model = OnnxScorer(export_onnx(scorer, tmp_path / "mini.onnx"))
    images = torch.rand(1, 3, 331, 505)
    (mos, attributes), (mos_exported, attributes_exported) = scorer.read(images), model.read(images)
    torch.testing.assert_close(mos_exported, mos, atol=1e-4, rtol=0)
    torch.testing.assert_close(attributes_exported, attributes, atol=1e-4, rtol=0)
