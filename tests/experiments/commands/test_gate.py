import json

import pytest


@pytest.mark.slow
def test_a_scorer_that_fails_is_named_with_what_it_likes_and_the_report_is_written(
    attiqa, photos, tiny_scorer_folder, tmp_path
):
    code, out, err = attiqa("gate", tiny_scorer_folder, photos, "--out", tmp_path, "--device", "cpu")
    report = json.loads((tmp_path / "gate.json").read_text())
    assert code == 3 and "fails the gate on" in err and "FAILS" in out
    assert report["photos"] == 8 and not report["passed"] and report["failures"]
    assert report["sha256"] == json.loads((tiny_scorer_folder / "scorer.json").read_text())["sha256"]


def test_the_shipped_scorer_carries_a_passed_report_about_its_own_weights():
    from attiqa_core.judges.gate import REPORT
    from attiqa_core.scorer import Scorer

    scorer = Scorer.load("attiqa-mini")
    assert scorer.folder is not None
    report = json.loads((scorer.folder / REPORT).read_text())
    assert report["passed"] and report["sha256"] == scorer.sha256
