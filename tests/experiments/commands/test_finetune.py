"""`attiqa finetune` from the shell: what a resumed run keeps, and what is refused."""

import shutil

import pytest
import torch
from PIL import Image

from attiqa_core.files.whole import read_json
from attiqa_core.scorer import network_of
from attiqa_core.tensor_files import load_tensors

TINY = ("--backbone", "test_efficientnet", "--hidden", "4", "--init", "random", "--device", "cpu")
SMALL = ("--resize", "72", "--crop", "64", "--batch", "4", "--epochs", "1")


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_run_is_not_resumed_on_images_whose_pixels_changed(attiqa, photos, tmp_path):
    shutil.copytree(photos, tmp_path / "set")
    words = ("finetune", tmp_path / "set" / "mos.csv", "--out", tmp_path / "a", *TINY, *SMALL)
    assert attiqa(*words)[0] == 0 and attiqa(*words, "--resume")[0] == 0
    with Image.open(photos / "p3.png") as image:
        Image.new("RGB", image.size).save(tmp_path / "set" / "p3.png")
    code, _, err = attiqa(*words, "--resume")
    assert code == 3 and "was begun with other files: pixels_sha256" in err


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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--regressor", "linear", "--freeze", "all", "--lr", "9"), "--lr: is about --regressor mlp"),
        (("--regressor", "guarded", "--freeze", "all", "--batch", "9"), "--batch: is about --regressor mlp"),
        (("--spoiled", "3"), "--spoiled: is about --regressor guarded"),
        (("--regressor", "linear"), "--regressor linear: is solved for on a frozen encoder; add --freeze all"),
        (("--batch", "1", "--correlation-weight", "1"), "--correlation-weight: a --batch of 1"),
    ],
)
@pytest.mark.parametrize("verb", ["finetune", "evaluate"])
def test_both_verbs_refuse_options_without_effect(attiqa, photos, tmp_path, verb, words, said):
    code, _, err = attiqa(verb, photos / "mos.csv", "--out", tmp_path / "a", *words)
    assert code == 2 and said in err and not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--freeze", "all", "--no-flip"), "--no-flip: with --freeze all"),
        (("--regressor", "linear", "--freeze", "all", "--warmup", "0"), "--warmup: is about --regressor mlp"),
        (("--weight-decay", "0", "--no-decay-norms"), "--no-decay-norms: there is no decay"),
        (("--warmup", "2"), "--warmup 2: is a share"),
        (("--freeze", "all", "--cache-gb", "1"), "--cache-gb: with --freeze all"),
        (("--freeze", "all", "--compile"), "--compile: with --freeze all"),
        (("--fixed-statistics", "--compile"), "--compile: --fixed-statistics folds"),
        (("--pretrained", "somewhere", "--hidden", "9"), "--hidden: is said by --pretrained"),
    ],
)
def test_finetune_refuses_what_would_have_no_effect(attiqa, photos, tmp_path, words, said):
    code, _, err = attiqa("finetune", photos / "mos.csv", "--out", tmp_path / "a", *words)
    assert code == 2 and said in err and not (tmp_path / "a").exists()


@pytest.mark.parametrize("option", [("--no-flip",), ("--warmup", "1"), ("--no-decay-norms", "--weight-decay", "9")])
@pytest.mark.slow
def test_flip_warm_up_and_decay_on_norms_change_the_scorer_and_are_recorded(succeed, photos, tmp_path, option):
    plain = ("--weight-decay", "9") if "--weight-decay" in option else ()
    weights = []
    for name, words in (("plain", plain), ("changed", option)):
        folder = tmp_path / name
        words = (*words, "--lr", "1e-2", "--out", folder, *TINY, *SMALL)
        succeed("finetune", photos / "mos.csv", *words)
        weights.append(load_tensors(folder / "scorer" / "scorer.safetensors"))
    assert not torch.equal(weights[0]["encoder.bn1.weight"], weights[1]["encoder.bn1.weight"])
    recorded = read_json(tmp_path / "changed" / "scorer" / "scorer.json")["provenance"]
    assert (recorded["flip"], recorded["warmup"], recorded["decay_norms"]) != (True, 0.1, True)


@pytest.mark.slow
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


REWARD = (
    *("--pooling", "stages", "--regressor", "linear", "--start", "ridge", "--fixed-statistics", "--average", "0.9"),
    *("--clip-norm", "1", "--corrupted", "0.25", "--ladders", "1", "--ladder-scenes", "2", "--ladder-kinds", "photo"),
)


@pytest.mark.slow
def test_a_scorer_for_a_reward_is_tested_on_what_it_did_not_see_and_at_the_gate(attiqa, photos, tmp_path, small_gate):
    words = (
        "finetune",
        photos / "mos.csv",
        "--out",
        tmp_path / "a",
        *TINY,
        *SMALL,
        *REWARD,
        "--hold-out",
        "0.25",
        "--gate",
    )
    code, _, err = attiqa(*words)
    assert code == 0 and "held-out SROCC" in err
    summary = read_json(tmp_path / "a" / "summary.json")
    described = read_json(tmp_path / "a" / "scorer" / "scorer.json")
    rated = len((photos / "mos.csv").read_text().splitlines()) - 1
    assert summary["held_out"]["images"] + described["provenance"]["images"] == rated
    assert summary["gate"]["passed"] is False and f"likes {summary['gate']['failures'][0]}" in err
    assert read_json(tmp_path / "a" / "scorer" / "gate.json")["sha256"] == described["sha256"]
    assert (tmp_path / "a" / "scorer" / "gate.jpg").is_file()
    assert described["provenance"]["start"] == "random" and described["provenance"]["corrupted"] == 0.25
    assert attiqa(*words, "--resume")[0] == 0


def test_a_scorer_of_several_sizes_says_so(attiqa, photos, tmp_path):
    sized = ("--sizes", "64", "80")
    code, _, err = attiqa("finetune", photos / "mos.csv", "--out", tmp_path / "a", *TINY, *SMALL, *sized)
    assert code == 0, err
    assert read_json(tmp_path / "a" / "scorer" / "scorer.json")["preprocessing"]["sizes"] == [64, 80]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--start", "ridge"), "--regressor linear"),
        (("--start", "ridge", "--regressor", "linear", "--freeze", "all"), "leave one of them out"),
        (("--regressor", "linear"), "--start ridge"),
        (("--ladder-scenes", "3"), "--ladders, which are off"),
        (("--sizes", "80", "64"), "the smaller first"),
        (("--average", "1"), "below 1"),
        (("--blend", "1.5"), "from 0 to 1"),
        (("--corruptions", "held-out"), "--corrupted, which is 0"),
        (("--start", "kept"), "--further"),
        (("--ladders", "1", "--ladder-kinds"), "name at least one"),
        (("--ladders", "1", "--best-rated", "0.3"), "stands beside --pristine"),
        (("--best-rated", "0.3"), "--ladders, which are off"),
        (("--corrupted", "-1"), "at least 0"),
        (("--ladders", "1", "--pristine", "nowhere"), "nowhere: no such file"),
        (("--freeze", "all", "--corrupted", "0.25"), "an encoder that learns"),
    ],
)
@pytest.mark.parametrize("verb", ["finetune", "evaluate"])
def test_both_verbs_refuse_options_that_contradict_each_other(attiqa, photos, tmp_path, verb, words, said):
    protocols = ("--protocols", "finetune") if verb == "evaluate" else ()
    code, _, err = attiqa(verb, photos / "mos.csv", "--out", tmp_path / "a", *SMALL, *words, *protocols)
    assert code in (2, 3) and said in err and not (tmp_path / "a").exists()


def test_a_share_that_leaves_nothing_to_test_on_is_refused(attiqa, photos, tmp_path):
    code, _, err = attiqa("finetune", photos / "mos.csv", "--out", tmp_path / "a", *TINY, *SMALL, "--hold-out", "0.01")
    assert code == 3 and "held out" in err


@pytest.mark.slow
def test_a_stored_scorer_goes_on_learning(attiqa, photos, tmp_path):
    made = ("finetune", photos / "mos.csv", *SMALL, "--device", "cpu")
    assert attiqa(*made, *TINY[:-2], "--out", tmp_path / "a")[0] == 0
    first = tmp_path / "a" / "scorer"
    further = (*made, "--further", first, "--start", "kept")
    assert attiqa(*further, "--out", tmp_path / "b")[0] == 0
    described = [read_json(each / "scorer.json") for each in (first, tmp_path / "b" / "scorer")]
    assert described[1]["provenance"]["start"] == f"scorer {described[0]['sha256'][:12]}"
    assert described[1]["sha256"] != described[0]["sha256"]
    code, _, err = attiqa(*further, "--pooling", "stages", "--out", tmp_path / "c")
    assert code == 2 and "was made with --pooling last" in err and not (tmp_path / "c").exists()
    code, _, err = attiqa(*made, "--further", first, "--out", tmp_path / "d")
    assert code == 2 and "one needs the other" in err


@pytest.mark.slow
def test_attributes_come_from_the_scorer_that_is_named(attiqa, photos, tmp_path, tiny_scorer_folder, tiny_scorer):
    made = ("finetune", photos / "mos.csv", *TINY, *SMALL, "--device", "cpu")
    asked = ("--attributes-of", tiny_scorer_folder)
    assert attiqa(*made, "--out", tmp_path / "a")[0] == attiqa(*made, "--out", tmp_path / "b", *asked)[0] == 0
    plain, named = (network_of(tmp_path / run / "scorer") for run in ("a", "b"))
    assert torch.equal(plain.regressor[0].weight, named.regressor[0].weight)
    assert not torch.equal(plain.heads_output, named.heads_output)
    told = read_json(tmp_path / "b" / "scorer" / "scorer.json")["provenance"]["attributes of"]
    assert told == tiny_scorer.sha256
    code, _, err = attiqa(*made, "--out", tmp_path / "c", "--attributes-of", "nobody")
    assert code == 3 and "nobody" in err and not (tmp_path / "c").exists()


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["finetune", "evaluate"])
def test_a_run_is_not_resumed_on_other_good_photos(attiqa, photos, tmp_path, verb):
    good = tmp_path / "good"
    good.mkdir()
    shutil.copy(photos / "p3.png", good)
    tiny = (*TINY[:4], *TINY[6:], "--arm", "r=random", "--protocols", "finetune", "--splits", "1")
    made = (verb, photos / "mos.csv", "--out", tmp_path / "a", *(tiny if verb == "evaluate" else TINY), *SMALL)
    words = (*made, "--ladders", "1", "--ladder-scenes", "1", "--ladder-kinds", "photo", "--pristine", good)
    assert attiqa(*words)[0] == 0 and attiqa(*words, "--resume")[0] == 0
    with Image.open(photos / "p3.png") as image:
        Image.new("RGB", image.size).save(good / "p3.png")
    code, _, err = attiqa(*words, "--resume")
    assert code == 3 and "was begun with other files: pristine_sha256" in err
