"""What a stranger ran into, each with its right answer."""

import shutil

import pytest


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("help", "study"), 2, "study plan, study export, study serve"),
        (("study", "expert"), 2, "did you mean study export?"),
        (("score", "PHOTOS", "--config"), 2, "--config: needs a TOML file"),
        (("score", "PHOTOS", "--csv", "PHOTOS"), 2, "is a folder; name a file in it"),
        (("score", "PHOTOS", "--csv", "PHOTOS/p0.png/x.csv"), 2, "p0.png is a file, not a folder"),
        (("evaluate", "PHOTOS/mos.csv", "--arm", "mini=attiqa-mini"), 3, "write judge:attiqa-mini"),
    ],
)
def test_a_slip_is_answered_with_its_cure(attiqa, photos, tmp_path, monkeypatch, words, code, said):
    monkeypatch.chdir(tmp_path)
    given, _, err = attiqa(*(word.replace("PHOTOS", str(photos)) for word in words))
    assert given == code and said in err and not any(tmp_path.iterdir())


def test_the_run_of_a_finetuning_names_its_scorer(attiqa, photos, tiny_scorer_folder, tmp_path):
    shutil.copytree(tiny_scorer_folder, tmp_path / "run" / "scorer")
    code, _, err = attiqa("score", photos, "--scorer", tmp_path / "run")
    assert code == 3 and f"its scorer is {tmp_path / 'run' / 'scorer'}" in err


def test_contact_sheets_are_no_pictures_of_a_folder(attiqa, photos, tiny_scorer_folder, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        shutil.copy(photos / "p0.png", tmp_path / name / "sheet.png")
        shutil.copy(photos / "p1.png", tmp_path / name / f"{name}.png")
    code, out, _ = attiqa("score", tmp_path / "a", "--scorer", tiny_scorer_folder)
    assert code == 0 and "a.png" in out and "sheet.png" not in out
    code, _, err = attiqa("compare", tmp_path / "a", tmp_path / "b", "--scorer", tiny_scorer_folder)
    assert code == 3 and "pair" in err


@pytest.mark.slow
def test_a_resumed_table_counts_what_was_scored_now_and_keeps_the_rest(attiqa, photos, tiny_scorer_folder, tmp_path):
    words = ("--scorer", tiny_scorer_folder, "--csv", tmp_path / "t.csv")
    assert attiqa("score", photos, *words)[0] == 0
    code, out, err = attiqa("score", photos / "p0.png", *words, "--resume")
    assert code == 0 and "0 pictures scored by tiny, 1 before" in err
    assert "p0.png" in out and "p1.png" not in out
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 9
