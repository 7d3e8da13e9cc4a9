"""`attiqa distil` from the shell: a student that scores, its agreement with the teacher, and what is refused."""

import pytest

from attiqa_core.files.whole import read_json

SMALL = ("--resize", "72", "--size", "48", "--crop", "32", "--batch", "4", "--epochs", "1", "--device", "cpu")


@pytest.mark.slow
def test_a_student_reads_pictures_at_its_own_size_and_says_how_it_ranks(attiqa, photos, tiny_scorer_folder, tmp_path):
    words = ("distil", tiny_scorer_folder, photos, "--out", tmp_path / "a", "--test-on", photos, *SMALL)
    code, _, err = attiqa(*words)
    assert code == 0 and "SROCC with the teacher" in err
    described = read_json(tmp_path / "a" / "scorer" / "scorer.json")
    assert described["preprocessing"] == {"resize": 48, "crop": 32, "sizes": None}
    assert described["provenance"]["taught by"] == read_json(tiny_scorer_folder / "scorer.json")["sha256"]
    summary = read_json(tmp_path / "a" / "summary.json")
    assert summary["photos"] > 2 and -1 <= summary["srocc_with_versions"] <= 1
    assert attiqa("score", photos / "p3.png", "--scorer", tmp_path / "a" / "scorer")[0] == 0
    code, _, err = attiqa(*words, "--resume", "--seed", "1")
    assert code == 3 and "begun with seed 0" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--crop", "64"), 2, "may be larger"),
        (("--lr", "0"), 2, "--lr 0"),
        (("--test-on", "nowhere"), 3, "nowhere: no such file"),
    ],
)
def test_what_cannot_be_taught_is_refused(attiqa, photos, tiny_scorer_folder, tmp_path, words, code, said):
    given = attiqa("distil", tiny_scorer_folder, photos, "--out", tmp_path / "a", *SMALL, *words)
    assert given[0] == code and said in given[2] and not (tmp_path / "a").exists()


def test_a_teacher_that_is_not_there_is_named(attiqa, photos, tmp_path):
    for words in (("distil", "gone", photos), ("finetune", photos / "mos.csv", "--start", "kept", "--further", "gone")):
        code, _, err = attiqa(*words, "--out", tmp_path / "a")
        assert code == 3 and "gone: no such scorer" in err and not (tmp_path / "a").exists()
