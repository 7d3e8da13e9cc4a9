"""`attiqa gate`: tables, report and sheets; the attack where raws are named and the judge can be climbed."""

import json

import pytest
from PIL import Image

from attiqa_core.judges import gate
from attiqa_core.judges.gate import REPORT
from attiqa_core.scorer import Scorer
from attiqa_core.sharing.shipped import shipped_names
from experiments.commands import gate as gate_command


@pytest.mark.slow
def test_a_scorer_that_fails_is_told_what_it_likes_and_shown_it(
    attiqa, photos, raws, tiny_scorer_folder, tmp_path, small_gate
):
    attack = ("--raws", raws, "--steps", 2, "--proxy-px", 64, "--judges", tiny_scorer_folder)
    code, out, err = attiqa("gate", tiny_scorer_folder, photos, "--out", tmp_path, "--device", "cpu", *attack)
    report = json.loads((tmp_path / REPORT).read_text())
    assert code == 3 and "fails the gate on" in err and "FAILS" in out and "steps of gradient ascent" in out
    assert report["photos"] == 8 and not report["passed"] and report["failures"]
    assert report["sha256"] == json.loads((tiny_scorer_folder / "scorer.json").read_text())["sha256"]
    assert [raw["name"] for raw in report["attack"]["raws"]] == ["s0_0", "s0_1", "s1_2", "s1_3"]
    for raw in report["attack"]["raws"]:
        assert raw["score"][1] >= raw["score"][0]
        gain = raw["judges"][str(tiny_scorer_folder)]  # the very scorer, so it sees what was climbed, in five crops
        assert gain == pytest.approx(raw["score"][1] - raw["score"][0], abs=0.05)
    assert all(Image.open(tmp_path / name).format == "JPEG" for name in ("gate.jpg", "attack.jpg"))


@pytest.mark.slow
def test_a_judge_without_gradients_gets_no_attack_and_the_report_says_so(
    attiqa, photos, raws, tiny_onnx, tmp_path, small_gate
):
    attiqa("gate", tiny_onnx, photos, "--out", tmp_path, "--raws", raws, "--device", "cpu")
    report = json.loads((tmp_path / REPORT).read_text())
    assert "no gradients" in report["attack"]["left_out"] and not (tmp_path / "attack.jpg").exists()


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_scorer_carries_a_report_about_its_own_weights_and_its_card_names_what_fails(name):
    scorer = Scorer.load(name)
    assert scorer.folder is not None
    report = json.loads((scorer.folder / REPORT).read_text())
    assert report["sha256"] == scorer.sha256 and report["format"] == gate.FORMAT and report["crops"] == 1
    card = (scorer.folder / "README.md").read_text()
    assert all(f"**{failure}**" in card for failure in report["failures"])
    assert report["passed"] == (not report["failures"])


@pytest.mark.xfail(
    strict=True, reason="attiqa-mini of 2026-11-27 fails on casts, chroma and what its card names (attiqa-gate/3)"
)
@pytest.mark.slow
def test_the_shipped_scorer_carries_a_passed_report_about_its_own_weights():
    scorer = Scorer.load("attiqa-mini")
    assert scorer.folder is not None
    report = json.loads((scorer.folder / REPORT).read_text())
    assert report["passed"] and report["sha256"] == scorer.sha256 and report["format"] == gate.FORMAT


@pytest.mark.slow
def test_the_report_about_a_shipped_scorer_is_not_written_into_the_package(
    attiqa, photos, tmp_path, monkeypatch, tiny_scorer_folder, small_gate
):
    monkeypatch.setattr(gate_command, "SHIPPED", tiny_scorer_folder.parent)
    monkeypatch.chdir(tmp_path)
    before = sorted(tiny_scorer_folder.iterdir())
    attiqa("gate", tiny_scorer_folder, photos, "--device", "cpu")
    assert sorted(tiny_scorer_folder.iterdir()) == before
    written = tmp_path / "runs" / "gate" / tiny_scorer_folder.name
    assert {path.name for path in written.iterdir()} == {"gate.json", "gate.jpg"}
