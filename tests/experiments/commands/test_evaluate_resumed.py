"""An evaluation that is gone on with: what is added, and what may not be other than it was."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from fixtures.evaluated import RECIPE, make_set, other_text
from fixtures.json_lines import rows_of
from fixtures.tiny_net import tiny_net
from PIL import Image

from attiqa_core.datasets.splits import write_splits
from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json
from attiqa_core.scorer import MosRange, Preprocessing, save_scorer
from experiments.commands import evaluate
from experiments.evaluation import features


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return make_set(tmp_path_factory.mktemp("sets") / "other", "other", 10, 100)


@pytest.mark.slow
def test_resuming_adds_what_is_missing_and_touches_nothing_that_is_done(evaluation, tmp_path, other, capsys):
    folder = evaluate.run(dataclasses.replace(evaluation, out=tmp_path / "run", splits=1)).path
    with (folder / "splits.jsonl").open("a") as file:
        file.write('{"arm": "cut o')  # as a crash leaves it
    first = rows_of_whole(folder)
    feature_files = {path: path.stat().st_mtime_ns for path in (folder / "features").iterdir()}
    more = dataclasses.replace(
        evaluation, out=folder, splits=2, resume=True, protocols=("ridge", "ridge-heads"), train_share=(1.0, 0.5),
        test_on=(other,), arm=("one=random", "two=random"),
    )  # fmt: skip
    evaluate.run(more)
    rows = rows_of(folder / "splits.jsonl")
    assert first[0] in rows and len(rows) == 2 * 2 * 2 * 2 * 2
    assert {row["trained_images"] for row in rows} == {16, 10}
    assert {(row["tested_on"], row["tested_images"]) for row in rows} == {("mine", 4), ("other", 10)}
    assert {path: path.stat().st_mtime_ns for path in feature_files} == feature_files
    assert len(list((folder / "features").iterdir())) == 2  # one encoder, two sets
    shown = capsys.readouterr().out
    assert "two - one, ridge on other, 50% of the data: +0.000" in shown


def rows_of_whole(folder):
    lines = (folder / "splits.jsonl").read_text().splitlines()
    return [
        {name: value for name, value in json.loads(line).items() if name != "crc"} for line in lines if line[-1] == "}"
    ]


def test_resuming_with_another_recipe_or_another_start_under_the_same_name_is_refused(
    evaluation, evaluation_run, tiny_scorer_folder
):
    longer = dataclasses.replace(evaluation, resume=True, recipe=dataclasses.replace(RECIPE, epochs=5))
    with pytest.raises(InputError, match="begun with epochs 1, not 5"):
        evaluate.run(longer)
    with pytest.raises(InputError, match="arm:one was random and is"):
        evaluate.run(dataclasses.replace(evaluation, resume=True, arm=(f"one=judge:{tiny_scorer_folder}",)))


@pytest.fixture
def changeable(evaluation, tmp_path, tiny_scorer_folder):
    """A finished run with every kind of input, all of which a test may change; gives the files and how to go on."""
    rated, other = make_set(tmp_path / "train", "mine", 12, 0), make_set(tmp_path / "other", "other", 6, 100)
    scorer = shutil.copytree(tiny_scorer_folder, tmp_path / "scorer")
    votes = tmp_path / "votes.csv"
    votes.write_text("image_a,image_b,rater,choice\nmine00.png,mine09.png,x,b\nmine01.png,mine08.png,x,b\n")
    splits = tmp_path / "my-splits.json"
    listed = [f"mine{number:02d}.png" for number in range(12)]
    write_splits(splits, "mine", [{"train": listed[:8], "test": listed[8:]}])
    begun = dataclasses.replace(
        evaluation, scores=rated, out=tmp_path / "run", arm=("one=random", f"tiny=judge:{scorer}"), splits=1,
        test_on=(other,), votes=votes, votes_images=rated.parent, split_file=splits,
    )  # fmt: skip
    rows = rows_of(evaluate.run(begun).path / "splits.jsonl")
    return tmp_path, dataclasses.replace(begun, resume=True), rows


def other_pixels(path):
    Image.fromarray(255 - np.asarray(Image.open(path))).save(path)


def other_weights(folder):
    shutil.rmtree(folder)
    save_scorer(folder, tiny_net(8, seed=1), Preprocessing(72, 64), MosRange(0, 100), {})


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("train/mine.csv", other_text("mine03.png,12", "mine03.png,76"), "mos_sha256"),
        ("train/mine.csv", other_text("mine03.png,12\n", ""), "images was 12 and is 11|mine03.png"),
        ("train/mine05.png", other_pixels, "set_sha256"),
        ("other/other.csv", other_text("other02.png,8", "other02.png,9"), "test_on:other"),
        ("other/other02.png", other_pixels, "test_on:other"),
        ("votes.csv", other_text("x,b", "x,a"), "votes:votes"),
        ("my-splits.json", other_text('"dataset": "mine"', '"dataset": "yours"'), "its seal does not fit"),
        ("scorer", other_weights, "arm:tiny"),
    ],
)
@pytest.mark.slow
def test_a_run_is_not_resumed_with_other_inputs(changeable, name, change, said):
    folder, again, rows = changeable
    change(folder / name)
    with pytest.raises(InputError, match=said):
        evaluate.run(again)
    assert rows_of(again.out / "splits.jsonl") == rows


@pytest.mark.slow
def test_a_run_with_every_kind_of_input_is_resumed_while_they_are_unchanged(changeable):
    folder, again, rows = changeable
    assert rows_of(evaluate.run(again).path / "splits.jsonl") == rows
    fewer = dataclasses.replace(again, votes=None, votes_images=None, test_on=(), arm=("two=random",))
    assert len(rows_of(evaluate.run(fewer).path / "splits.jsonl")) == len(rows) + 1
    recorded = read_json(again.out / "meta.json")["inputs"]
    assert {"arm:one", "arm:tiny", "arm:two", "test_on:other", "votes:votes"} <= recorded.keys()
    with pytest.raises(InputError, match="arm:two was random and is"):  # a part that was added counts from then on
        evaluate.run(dataclasses.replace(fewer, arm=(f"two=judge:{folder / 'scorer'}",)))


@pytest.mark.slow
def test_from_the_shell_a_resumed_run_with_other_scores_is_one_sentence_and_exit_code_3(attiqa, changeable):
    folder, again, _rows = changeable
    other_text("mine03.png,12", "mine03.png,76")(folder / "train" / "mine.csv")
    words = ["evaluate", "--config", str(again.out / "config.toml"), "--resume"]
    code, _, err = attiqa(*words)
    assert code == 3 and "was begun with other files: mos_sha256" in err


@pytest.mark.slow
def test_a_run_that_is_resumed_with_one_arm_keeps_the_card_of_the_others(evaluation, tmp_path):
    folder = evaluate.run(dataclasses.replace(evaluation, out=tmp_path / "run")).path
    evaluate.run(dataclasses.replace(evaluation, out=folder, arm=("two=random",), splits=1, resume=True))
    summary = read_json(folder / "summary.json")
    assert set(summary["arms"]) == {"one", "two"} and summary["split"]["numbers"] == [0, 1]
    assert {(each["arm"], each["splits"]) for each in summary["results"]} == {("one", 2), ("two", 1)}
    assert len(read_json(folder / "splits.json")["splits"]) == 2


@pytest.mark.slow
def test_features_are_kept_part_by_part_so_that_an_interrupted_computation_goes_on(
    evaluation, evaluation_run, tmp_path, monkeypatch
):
    monkeypatch.setattr(features, "PART", 8)
    computed = []

    def five_crop_features(net, pictures, crop):
        computed.append(len(pictures))
        if len(computed) == 2:
            raise KeyboardInterrupt
        return original(net, pictures, crop)

    original = features.five_crop_features
    monkeypatch.setattr(features, "five_crop_features", five_crop_features)
    with pytest.raises(KeyboardInterrupt):
        evaluate.run(dataclasses.replace(evaluation, out=tmp_path / "run"))
    folder = evaluate.run(dataclasses.replace(evaluation, out=tmp_path / "run", resume=True)).path
    assert computed == [8, 8, 8, 4]  # the second was interrupted; the first is not done again
    assert [row["srocc"] for row in rows_of(folder / "splits.jsonl")] == [
        row["srocc"] for row in rows_of(evaluation_run / "splits.jsonl")
    ]
