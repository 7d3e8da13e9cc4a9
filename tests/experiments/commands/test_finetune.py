"""`attiqa finetune` from the shell: what a resumed run keeps, and what is refused."""

import shutil

import pytest

TINY = ("--backbone", "test_efficientnet", "--hidden", "4", "--init", "random", "--device", "cpu")
SMALL = ("--resize", "72", "--crop", "64", "--batch", "4", "--epochs", "1")


def test_a_resumed_run_keeps_its_options_and_scores(attiqa, photos, tmp_path):
    scores = photos / "resumed.csv"
    scores.write_text((photos / "mos.csv").read_text())
    words = ("finetune", scores, "--out", tmp_path / "a", *TINY, *SMALL)
    assert attiqa(*words)[0] == 0
    code, _, err = attiqa(*words, "--resume", "--seed", "1")
    assert code == 3 and "begun with seed 0, not 1" in err
    scores.write_text((photos / "mos.csv").read_text().replace("p3.png,30", "p3.png,31"))
    code, _, err = attiqa(*words, "--resume")
    assert code == 3 and "meta.json" in err and "--out" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--crop", "80"), "--resize 72"),
        (("--batch", "0"), "--batch"),
        (("--epochs", "0"), "--epochs"),
    ],
)
@pytest.mark.parametrize("verb", ["finetune", "evaluate"])
def test_both_verbs_refuse_a_recipe_that_cannot_be_followed(attiqa, photos, tmp_path, verb, words, said):
    code, _, err = attiqa(verb, photos / "mos.csv", "--out", tmp_path / "a", *SMALL, *words)
    assert code == 2 and said in err and not (tmp_path / "a").exists()


def test_another_pooling_than_the_pretrainings_is_refused(attiqa, photos, tmp_path):
    made = ("--teachers", "statistics", "--out", tmp_path / "pretrained", *TINY, *SMALL)
    assert attiqa("pretrain", photos, *made)[0] == 0
    words = ("--pretrained", tmp_path / "pretrained", "--pooling", "stages", "--out", tmp_path / "a", *SMALL)
    code, _, err = attiqa("finetune", photos / "mos.csv", *words)
    assert code == 2 and "--pooling stages" in err and not (tmp_path / "a").exists()


def test_a_run_is_not_resumed_from_another_pretraining_at_the_same_path(attiqa, photos, tmp_path):
    pretrained, words = tmp_path / "pretrained", ("finetune", photos / "mos.csv", "--out", tmp_path / "a", *SMALL)
    words = (*words, "--pretrained", pretrained, "--device", "cpu")
    for seed, expected in (("0", 0), ("1", 3)):
        shutil.rmtree(pretrained, ignore_errors=True)
        made = ("--teachers", "statistics", "--out", pretrained, "--seed", seed, *TINY, *SMALL)
        assert attiqa("pretrain", photos, *made)[0] == 0
        code, _, err = attiqa(*words, "--resume")
        assert code == expected
    assert "was begun with other files: start was pretrained" in err
