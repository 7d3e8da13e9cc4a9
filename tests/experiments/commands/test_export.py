import pytest
import torch

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files import read_json, write_json
from attiqa_core.scorer import Scorer
from experiments.commands import export


def test_a_folder_ready_for_a_hub_has_a_card_made_from_the_run(tiny_scorer_folder, tmp_path):
    write_json(tmp_path / "run" / "meta.json", {"commit": "c0ffee", "versions": {}})
    results = [
        {
            **{"arm": "pretrained", "protocol": "probe", "train_share": 0.1, "tested_on": "test", "splits": 3},
            "srocc": {"median": 0.789, "min": 0.7, "max": 0.8},
        }
    ]
    write_json(tmp_path / "evaluated" / "summary.json", {"data": "mine", "images": 50, "results": results})
    out = tmp_path / "public"
    outcome = export.run(
        export.Config(
            str(tiny_scorer_folder), out, run=tmp_path / "run", evaluation=tmp_path / "evaluated", licence="cc0-1.0"
        )
    )
    card = (out / "README.md").read_text()
    assert outcome.path == out and "license: cc0-1.0" in card and "c0ffee" in card and "0.789" in card
    assert "on 10% of the training part" in card
    images = torch.rand(1, 3, 72, 72)
    assert torch.equal(Scorer.from_pretrained(out).score(images), Scorer.load(tiny_scorer_folder).score(images))
    assert read_json(out / "scorer.json")["format"] == "attiqa-scorer/1"


def test_options_of_the_other_form_and_used_places_are_refused(tiny_scorer_folder, tmp_path):
    name = str(tiny_scorer_folder)
    for config, message in (
        (export.Config(name, tmp_path), "exists already"),
        (export.Config(name, tmp_path / "m.onnx", run=tmp_path), "--run"),
        (export.Config(name, tmp_path / "folder", size=(3, 4), batch=2), "--size"),
        (export.Config(name, tmp_path / "m.onnx", size=(0, 4)), "at least 1"),
    ):
        with pytest.raises(UsageError, match=message):
            export.run(config)
    with pytest.raises(InputError, match="no such scorer"):
        export.run(export.Config("nothing", tmp_path / "m.onnx"))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_an_onnx_model_of_fixed_size_and_bytes_is_checked_against_torch(tiny_scorer_folder, tmp_path, capsys):
    for module in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(module)
    path = tmp_path / "tiny.onnx"
    export.run(export.Config(str(tiny_scorer_folder), path, crops=1, pixels="uint8", size=(80, 90), batch=1))
    import onnxruntime

    (entry,) = onnxruntime.InferenceSession(path).get_inputs()
    assert entry.shape == [1, 3, 80, 90] and entry.type == "tensor(uint8)"
    assert "largest difference from torch" in capsys.readouterr().out
