"""Evaluation on a tiny network and synthetic pictures: what is stored, what is repeated, and what is refused."""

import csv
import dataclasses
import json

import numpy as np
import pytest
from fixtures.evaluated import RECIPE, make_set, other_text
from fixtures.json_lines import rows_of
from PIL import Image
from safetensors.torch import load_file

from attiqa_core.errors import InputError, UsageError
from attiqa_core.evaluation.metrics import srocc
from attiqa_core.files.whole import read_json
from attiqa_core.photos.images import read_picture, to_images
from attiqa_core.scorer import Scorer
from experiments.commands import evaluate


def test_stored_predictions_are_those_of_the_tested_images_and_give_the_stored_coefficient(evaluation_run, rated_set):
    mos = {row["image"]: float(row["mos"]) for row in csv.DictReader(rated_set.open())}
    tested = read_json(evaluation_run / "splits.json")["splits"]
    for row in rows_of(evaluation_run / "splits.jsonl"):
        path = evaluation_run / "predictions" / f"one-ridge-on-mine-split{row['split']:02d}.csv"
        predictions = list(csv.DictReader(path.open()))
        assert [each["image"] for each in predictions] == tested[row["split"]]["test"]
        assert all(float(each["mos"]) == mos[each["image"]] for each in predictions)
        again = srocc(*([float(each[column]) for each in predictions] for column in ("predicted", "mos")))
        assert row["srocc"] == pytest.approx(again) and row["trained_images"] == 16 and row["tested_images"] == 4


def test_the_summary_is_a_protocol_card_with_median_range_and_intervals(evaluation_run, evaluation):
    summary = read_json(evaluation_run / "summary.json")
    assert summary["format"] == "attiqa-evaluation/1" and summary["data"] == "mine" and summary["images"] == 20
    assert summary["split"]["numbers"] == [0, 1] and summary["arms"]["one"]["source"] == "random"
    assert summary["recipe"]["epochs"] == 1 and summary["hardware"] and summary["commit"]
    (result,) = summary["results"]
    values = [row["srocc"] for row in rows_of(evaluation_run / "splits.jsonl")]
    assert result["srocc"]["median"] == pytest.approx(np.median(values)) and result["srocc"]["max"] == max(values)
    assert {"low", "high", "images_low", "images_high", "undefined"} <= result["srocc"].keys()


def test_another_run_gives_the_same_rows(evaluation, evaluation_run, tmp_path):
    again = evaluate.run(dataclasses.replace(evaluation, out=tmp_path / "again")).path
    assert rows_of(again / "splits.jsonl") == rows_of(evaluation_run / "splits.jsonl")


@pytest.mark.slow
def test_two_sets_of_equal_names_and_sizes_are_each_measured_on_their_own_pixels(evaluation, tmp_path):
    """Both share a folder of features, where a file's name and size once stood for its content."""
    alike = []
    for name, seed in (("first", 0), ("second", 50)):
        table_path = make_set(tmp_path / name, "photo", 10, seed)
        for path in table_path.parent.glob("*.png"):
            Image.open(path).save(path.with_suffix(".bmp"))
        other_text(".png", ".bmp")(table_path)
        alike.append(table_path)
    sizes = [sorted((path.name, path.stat().st_size) for path in each.parent.glob("*.bmp")) for each in alike]
    assert sizes[0] == sizes[1]

    def predicted(scores, name, features):
        run = dataclasses.replace(evaluation, scores=scores, out=tmp_path / name, splits=1, features=features)
        return (evaluate.run(run).path / "predictions" / "one-ridge-on-photo-split00.csv").read_text()

    first, second = (predicted(each, f"run {each.parent.name}", tmp_path / "features") for each in alike)
    assert second == predicted(alike[1], "alone", None) != first


def test_splits_of_one_run_can_be_imported_by_another(evaluation, evaluation_run, tmp_path):
    imported = dataclasses.replace(evaluation, out=tmp_path / "run", split_file=evaluation_run / "splits.json")
    folder = evaluate.run(imported).path
    assert [row["srocc"] for row in rows_of(folder / "splits.jsonl")] == [
        row["srocc"] for row in rows_of(evaluation_run / "splits.jsonl")
    ]
    with pytest.raises(UsageError, match="holds 2 splits, not 3"):
        evaluate.run(dataclasses.replace(imported, out=tmp_path / "more", splits=3))
    content = read_json(evaluation_run / "splits.json")
    content["splits"][0]["train"].append(content["splits"][0]["test"][0])
    (tmp_path / "overlapping.json").write_text(json.dumps(content))
    overlapping = dataclasses.replace(imported, out=tmp_path / "bad", split_file=tmp_path / "overlapping.json")
    with pytest.raises(InputError, match="both in train and in test"):
        evaluate.run(overlapping)


def test_an_official_split_is_asked_for_by_name_and_refused_where_there_is_none(evaluation, rated_set, tmp_path):
    with pytest.raises(UsageError, match="mine has no official split"):
        evaluate.run(dataclasses.replace(evaluation, out=tmp_path / "none", split="official"))
    parts = ["train"] * 14 + ["val"] * 2 + ["test"] * 4
    lines = rated_set.read_text().splitlines()
    table_path = rated_set.parent / "split.csv"
    table_path.write_text("\n".join([lines[0] + ",split", *map(",".join, zip(lines[1:], parts, strict=True))]) + "\n")
    folder = evaluate.run(
        dataclasses.replace(evaluation, scores=table_path, out=tmp_path / "official", split="official", splits=1)
    ).path
    (row,) = rows_of(folder / "splits.jsonl")
    assert row["trained_images"] == 14 and row["tested_images"] == 4


@pytest.mark.slow
def test_fine_tuning_notes_similarity_and_best_epochs_with_their_labels(evaluation, tmp_path, capsys):
    fine = dataclasses.replace(
        evaluation, out=tmp_path / "run", protocols=("finetune", "probe"), splits=1, val=0.2, watch_epochs=True,
        recipe=dataclasses.replace(RECIPE, epochs=2),
    )  # fmt: skip
    finetuned, probed = rows_of(evaluate.run(fine).path / "splits.jsonl")
    assert finetuned["trained_images"] == 12 and -1 <= finetuned["feature_similarity"] < 1
    assert "feature_similarity" not in probed  # frozen: nothing moved
    assert finetuned["best_on_test"]["srocc"] >= finetuned["srocc"] and 1 <= finetuned["best_on_val"]["epoch"] <= 2
    shown = capsys.readouterr().out
    assert "best on test: paper-style, optimistic" in shown and "best on validation" in shown


@pytest.mark.slow
def test_a_judge_is_tested_as_it_is_once_for_all_splits(evaluation, tiny_scorer_folder, rated_set, tmp_path):
    judged = dataclasses.replace(
        evaluation, out=tmp_path / "run", arm=(f"tiny=judge:{tiny_scorer_folder}", "one=random"), splits=2
    )
    folder = evaluate.run(judged).path
    rows = [row for row in rows_of(folder / "splits.jsonl") if row["arm"] == "tiny"]
    assert [(row["protocol"], row["trained_images"]) for row in rows] == [("as-is", 0)] * 2
    scorer = Scorer.load(tiny_scorer_folder)
    predictions = csv.DictReader((folder / "predictions" / "tiny-as-is-on-mine-split00.csv").open())
    for row in predictions:
        score = scorer.score(to_images(read_picture(rated_set.parent / row["image"])[None]))
        assert float(row["predicted"]) == pytest.approx(76 * score.item(), abs=1e-4)  # MOS go from 0 to 76


def test_watching_epochs_of_a_solved_regressor_is_refused(evaluation, tmp_path):
    linear = dataclasses.replace(RECIPE, regressor="linear", freeze=("all",))
    with pytest.raises(UsageError, match="--watch-epochs"):
        evaluate.run(dataclasses.replace(evaluation, out=tmp_path / "run", recipe=linear, watch_epochs=True))


@pytest.mark.slow
def test_votes_are_scored_by_every_predictor(evaluation, rated_set, tmp_path, capsys):
    votes = tmp_path / "votes.csv"
    lines = [f"mine{a:02d}.png,mine{b:02d}.png,{rater},b" for a, b in ((0, 12), (3, 18), (1, 9)) for rater in "xyz"]
    votes.write_text("\n".join(["image_a,image_b,rater,choice", *lines]) + "\n")
    asked = dataclasses.replace(evaluation, out=tmp_path / "run", votes=votes, votes_images=rated_set.parent, splits=1)
    folder = evaluate.run(asked).path
    row = next(row for row in rows_of(folder / "splits.jsonl") if row["tested_on"] == "votes:votes")
    assert row["votes"] == 9 and row["pairs"] == 3 and row["accuracy"] == 1 and row["accuracy_low"] > 0.4
    assert "9 votes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"val": 1.0}, "--val"),
        ({"val": -0.1}, "--val"),
        ({"train_share": (0.0,)}, "--train-share"),
        ({"train_share": (1.0, 0.9)}, "--train-share 0.9: 18 of 20 images"),
        ({"split": "official"}, "no official split"),
        ({"splits": 0}, "--splits"),
    ],
)
def test_shares_and_counts_out_of_range_are_refused_before_anything_is_written(evaluation, tmp_path, wrong, said):
    with pytest.raises(UsageError, match=said):
        evaluate.run(dataclasses.replace(evaluation, out=tmp_path / "run", **wrong))
    assert not (tmp_path / "run").exists()


def test_arms_of_one_encoder_share_its_features(evaluation, tmp_path):
    folder = evaluate.run(dataclasses.replace(evaluation, out=tmp_path / "run", arm=("a=random", "b=random"))).path
    (path,) = (folder / "features").iterdir()
    assert load_file(path)["features"].shape[:2] == (20, 5)
