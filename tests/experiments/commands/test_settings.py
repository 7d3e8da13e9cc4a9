"""`attiqa settings` from the shell."""

import pytest

from attiqa_core.distortions.settings import SETTINGS
from attiqa_core.files.whole import read_json

SMALL = (
    "--backbone",
    "test_efficientnet",
    "--init",
    "random",
    "--epochs",
    "1",
    "--batch",
    "4",
    "--side",
    "32",
    "--resize",
    "64",
)


@pytest.mark.slow
def test_settings_are_learned_told_and_part_of_another_judge(attiqa, photos, tiny_scorer_folder, tmp_path):
    run = tmp_path / "run"
    words = ("settings", photos, "--out", run, "--sizes", "64", "80", "--device", "cpu", *SMALL)
    code, printed, said = attiqa(*words, "--test-on", photos)
    assert code == 0, said
    assert printed.strip() == str(run / "scorer") and "unseen photos with errors of chroma" in said
    assert list(read_json(run / "summary.json")["errors"]) == list(SETTINGS)
    code, printed, said = attiqa("score", photos, "--scorer", run / "scorer")
    assert code == 0 and all(name in printed for name in SETTINGS), said
    code, printed, said = attiqa("score", photos, "--scorer", f"{tiny_scorer_folder}+{run / 'scorer'}")
    assert code == 0 and "sharpness" in printed and "cast_x" in printed, said
    code, _, said = attiqa(
        "finetune", photos / "mos.csv", "--further", run / "scorer", "--start", "kept", "--out", tmp_path / "b"
    )
    assert code == 3 and "not what people like" in said
    code, _, said = attiqa(*words, "--resume", "--seed", "1")
    assert code == 3 and "begun with seed 0, not 1" in said


def test_one_photo_teaches_nothing(attiqa, photos, tmp_path):
    (one, *_) = sorted(photos.glob("*.png"))
    code, _, said = attiqa("settings", one, "--out", tmp_path / "run")
    assert code == 3 and "give at least 2" in said
