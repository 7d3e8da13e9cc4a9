"""Evaluation on a tiny network and synthetic pictures: what is stored, what is repeated, and what is refused."""

import csv
import dataclasses
import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from attiqa_core.errors import InputError, UsageError
from attiqa_core.evaluation.metrics import srocc
from attiqa_core.files import read_json
from attiqa_core.network.model import AttiqaNet, architecture
from attiqa_core.photos.images import read_picture, to_images
from attiqa_core.scorer import Scorer
from experiments.commands import evaluate
from experiments.evaluation import features as arms
from experiments.evaluation.features import parse_arms
from experiments.evaluation.protocols import best_epochs
from experiments.evaluation.summary import summarise, table
from experiments.options.recipe import Recipe

RECIPE = Recipe(epochs=1, batch=8, resize=36, crop=32)


def make_set(folder, name: str, count: int, seed: int):
    """A folder of small pictures whose MOS is their contrast, and its CSV."""
    folder.mkdir()
    rows = ["image,mos"]
    for index in range(count):
        pixels = np.random.default_rng(seed + index).integers(0, 20 + 10 * index, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((44, 38)).save(folder / f"{name}{index:02d}.png")
        rows.append(f"{name}{index:02d}.png,{4 * index}")
    path = folder / f"{name}.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def rated(tmp_path_factory):
    return make_set(tmp_path_factory.mktemp("sets") / "train", "mine", 20, 0)


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return make_set(tmp_path_factory.mktemp("sets") / "other", "other", 10, 100)


@pytest.fixture(scope="module")
def config(rated, tmp_path_factory):
    return evaluate.Config(
        rated,
        tmp_path_factory.mktemp("runs") / "run",
        arm=("one=random",),
        protocols=("ridge",),
        splits=2,
        backbone="test_efficientnet",
        hidden=4,
        recipe=RECIPE,
        device="cpu",
    )


@pytest.fixture(scope="module")
def run_folder(config):
    return evaluate.run(config).path


def rows_of(folder):
    return [json.loads(line) for line in (folder / "splits.jsonl").read_text().splitlines()]


def test_stored_predictions_are_those_of_the_tested_images_and_give_the_stored_coefficient(run_folder, rated):
    mos = {row["image"]: float(row["mos"]) for row in csv.DictReader(rated.open())}
    tested = read_json(run_folder / "splits.json")["splits"]
    for row in rows_of(run_folder):
        path = run_folder / "predictions" / f"one-ridge-on-mine-split{row['split']:02d}.csv"
        predictions = list(csv.DictReader(path.open()))
        assert [each["image"] for each in predictions] == tested[row["split"]]["test"]
        assert all(float(each["mos"]) == mos[each["image"]] for each in predictions)
        again = srocc(*([float(each[column]) for each in predictions] for column in ("predicted", "mos")))
        assert row["srocc"] == pytest.approx(again) and row["trained_images"] == 16 and row["tested_images"] == 4


def test_the_summary_is_a_protocol_card_with_median_range_and_intervals(run_folder, config):
    summary = read_json(run_folder / "summary.json")
    assert summary["format"] == "attiqa-evaluation/1" and summary["data"] == "mine" and summary["images"] == 20
    assert summary["split"]["numbers"] == [0, 1] and summary["arms"]["one"]["source"] == "random"
    assert summary["recipe"]["epochs"] == 1 and summary["hardware"] and summary["commit"]
    (result,) = summary["results"]
    values = [row["srocc"] for row in rows_of(run_folder)]
    assert result["srocc"]["median"] == pytest.approx(np.median(values)) and result["srocc"]["max"] == max(values)
    assert {"low", "high", "images_low", "images_high", "undefined"} <= result["srocc"].keys()


def test_another_run_gives_the_same_rows(config, run_folder, tmp_path):
    again = evaluate.run(dataclasses.replace(config, out=tmp_path / "again")).path
    assert rows_of(again) == rows_of(run_folder)


def test_resuming_adds_what_is_missing_and_touches_nothing_that_is_done(config, tmp_path, other, capsys):
    folder = evaluate.run(dataclasses.replace(config, out=tmp_path / "run", splits=1)).path
    with (folder / "splits.jsonl").open("a") as file:
        file.write('{"arm": "cut o')  # as a crash leaves it
    first = rows_of_whole(folder)
    feature_files = {path: path.stat().st_mtime_ns for path in (folder / "features").iterdir()}
    more = dataclasses.replace(
        config, out=folder, splits=2, resume=True, protocols=("ridge", "ridge-heads"), train_share=(1.0, 0.5),
        test_on=(other,), arm=("one=random", "two=random"),
    )  # fmt: skip
    evaluate.run(more)
    rows = rows_of(folder)
    assert first[0] in rows and len(rows) == 2 * 2 * 2 * 2 * 2
    assert {row["trained_images"] for row in rows} == {16, 10}
    assert {(row["tested_on"], row["tested_images"]) for row in rows} == {("mine", 4), ("other", 10)}
    assert {path: path.stat().st_mtime_ns for path in feature_files} == feature_files
    assert len(list((folder / "features").iterdir())) == 2  # one encoder, two sets
    shown = capsys.readouterr().out
    assert "two - one, ridge on other, 50% of the data: +0.000" in shown


def rows_of_whole(folder):
    lines = (folder / "splits.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]


def test_resuming_with_another_recipe_or_another_start_under_the_same_name_is_refused(config, run_folder, tmp_path):
    longer = dataclasses.replace(config, resume=True, recipe=dataclasses.replace(RECIPE, epochs=5))
    with pytest.raises(UsageError, match="epochs = 1, not 5"):
        evaluate.run(longer)
    with pytest.raises(UsageError, match="one=imagenet"):
        evaluate.run(dataclasses.replace(config, resume=True, arm=("one=imagenet",)))


def test_splits_of_one_run_can_be_imported_by_another(config, run_folder, tmp_path):
    imported = dataclasses.replace(config, out=tmp_path / "run", split_file=run_folder / "splits.json")
    folder = evaluate.run(imported).path
    assert [row["srocc"] for row in rows_of(folder)] == [row["srocc"] for row in rows_of(run_folder)]
    with pytest.raises(UsageError, match="holds 2 splits, not 3"):
        evaluate.run(dataclasses.replace(imported, out=tmp_path / "more", splits=3))
    content = read_json(run_folder / "splits.json")
    content["splits"][0]["train"].append(content["splits"][0]["test"][0])
    (tmp_path / "overlapping.json").write_text(json.dumps(content))
    overlapping = dataclasses.replace(imported, out=tmp_path / "bad", split_file=tmp_path / "overlapping.json")
    with pytest.raises(InputError, match="both in train and in test"):
        evaluate.run(overlapping)


def test_an_official_split_is_asked_for_by_name_and_refused_where_there_is_none(config, rated, tmp_path):
    with pytest.raises(UsageError, match="mine has no official split"):
        evaluate.run(dataclasses.replace(config, out=tmp_path / "none", split="official"))
    parts = ["train"] * 14 + ["val"] * 2 + ["test"] * 4
    lines = rated.read_text().splitlines()
    table_path = rated.parent / "split.csv"
    table_path.write_text("\n".join([lines[0] + ",split", *map(",".join, zip(lines[1:], parts, strict=True))]) + "\n")
    folder = evaluate.run(
        dataclasses.replace(config, scores=table_path, out=tmp_path / "official", split="official", splits=1)
    ).path
    (row,) = rows_of(folder)
    assert row["trained_images"] == 14 and row["tested_images"] == 4


def test_fine_tuning_notes_similarity_and_best_epochs_with_their_labels(config, tmp_path, capsys):
    fine = dataclasses.replace(
        config, out=tmp_path / "run", protocols=("finetune", "probe"), splits=1, val=0.2, watch_epochs=True,
        recipe=dataclasses.replace(RECIPE, epochs=2),
    )  # fmt: skip
    finetuned, probed = rows_of(evaluate.run(fine).path)
    assert finetuned["trained_images"] == 12 and -1 <= finetuned["feature_similarity"] < 1
    assert "feature_similarity" not in probed  # frozen: nothing moved
    assert finetuned["best_on_test"]["srocc"] >= finetuned["srocc"] and 1 <= finetuned["best_on_val"]["epoch"] <= 2
    shown = capsys.readouterr().out
    assert "best on test: paper-style, optimistic" in shown and "best on validation" in shown


def test_the_best_epoch_is_chosen_on_its_own_part_and_reports_the_tested_part():
    epochs = [
        {"epoch": 1, "val_srocc": 0.9, "test_srocc": 0.5, "test_plcc": 0.4},
        {"epoch": 2, "val_srocc": None, "test_srocc": 0.8, "test_plcc": 0.7},
        {"epoch": 3, "val_srocc": 0.1, "test_srocc": 0.6, "test_plcc": 0.6},
    ]
    best = best_epochs(epochs)
    assert best["best_on_val"] == {"epoch": 1, "srocc": 0.5, "plcc": 0.4}
    assert best["best_on_test"] == {"epoch": 2, "srocc": 0.8, "plcc": 0.7}
    assert best_epochs([]) == {}


def test_a_judge_is_tested_as_it_is_once_for_all_splits(config, tiny_scorer_folder, rated, tmp_path):
    judged = dataclasses.replace(
        config, out=tmp_path / "run", arm=(f"tiny=judge:{tiny_scorer_folder}", "one=random"), splits=2
    )
    folder = evaluate.run(judged).path
    rows = [row for row in rows_of(folder) if row["arm"] == "tiny"]
    assert [(row["protocol"], row["trained_images"]) for row in rows] == [("as-is", 0)] * 2
    scorer = Scorer.load(tiny_scorer_folder)
    predictions = csv.DictReader((folder / "predictions" / "tiny-as-is-on-mine-split00.csv").open())
    for row in predictions:
        score = scorer.score(to_images(read_picture(rated.parent / row["image"])[None]))
        assert float(row["predicted"]) == pytest.approx(76 * score.item(), abs=1e-4)  # MOS go from 0 to 76


def test_a_run_that_is_resumed_with_one_arm_keeps_the_card_of_the_others(config, tmp_path):
    folder = evaluate.run(dataclasses.replace(config, out=tmp_path / "run")).path
    evaluate.run(dataclasses.replace(config, out=folder, arm=("two=random",), splits=1, resume=True))
    summary = read_json(folder / "summary.json")
    assert set(summary["arms"]) == {"one", "two"} and summary["split"]["numbers"] == [0, 1]
    assert {(each["arm"], each["splits"]) for each in summary["results"]} == {("one", 2), ("two", 1)}
    assert len(read_json(folder / "splits.json")["splits"]) == 2


def test_watching_epochs_of_a_solved_regressor_is_refused(config, tmp_path):
    linear = dataclasses.replace(RECIPE, regressor="linear", freeze=("all",))
    with pytest.raises(UsageError, match="--watch-epochs"):
        evaluate.run(dataclasses.replace(config, out=tmp_path / "run", recipe=linear, watch_epochs=True))


def test_votes_are_scored_by_every_predictor(config, rated, tmp_path, capsys):
    votes = tmp_path / "votes.csv"
    lines = [f"mine{a:02d}.png,mine{b:02d}.png,{rater},b" for a, b in ((0, 12), (3, 18), (1, 9)) for rater in "xyz"]
    votes.write_text("\n".join(["image_a,image_b,rater,choice", *lines]) + "\n")
    asked = dataclasses.replace(config, out=tmp_path / "run", votes=votes, votes_images=rated.parent, splits=1)
    folder = evaluate.run(asked).path
    row = next(row for row in rows_of(folder) if row["tested_on"] == "votes:votes")
    assert row["votes"] == 9 and row["pairs"] == 3 and row["accuracy"] == 1 and row["accuracy_low"] > 0.4
    assert "9 votes" in capsys.readouterr().out


def test_undefined_coefficients_stay_null_to_the_end():
    row = {"arm": "a", "protocol": "ridge", "train_share": 1.0, "split": 0, "tested_on": "x", "trained_images": 4,
           "tested_images": 5} | dict.fromkeys(("srocc", "plcc", "plcc_logistic", "krocc"), None) | {"rmse": 1.0}  # fmt: skip
    from attiqa_core.evaluation.intervals import Judged

    constant = Judged([f"{index}" for index in range(5)], np.arange(5.0), np.ones(5))
    summary = summarise([row], lambda cell, split: constant)
    (result,) = summary["results"]
    assert result["srocc"]["median"] is None and result["srocc"]["undefined"] == 1
    assert result["srocc"]["images_low"] is None and "undefined" in table(summary)
    json.dumps(summary, allow_nan=False)


def test_a_split_without_a_best_epoch_is_counted_as_undefined():
    from attiqa_core.evaluation.intervals import Judged

    cell = {
        "arm": "a",
        "protocol": "finetune",
        "train_share": 1.0,
        "tested_on": "x",
        "trained_images": 4,
        "tested_images": 5,
    }
    scores = dict.fromkeys(("srocc", "plcc", "plcc_logistic", "krocc", "rmse"), 0.5)
    rows = [{**cell, **scores, "split": 0}, {**cell, **scores, "split": 1}]
    rows[1]["best_on_test"] = {"epoch": 3, "srocc": 0.7, "plcc": 0.6}
    for each in (rows, [rows[1], {**rows[0], "split": 2}]):
        (result,) = summarise(each, lambda cell, split: Judged(["a", "b"], np.arange(2.0), np.arange(2.0)))["results"]
        assert result["best_on_test"]["srocc"]["median"] == 0.7 and result["best_on_test"]["srocc"]["undefined"] == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"val": 1.0}, "--val"),
        ({"val": -0.1}, "--val"),
        ({"train_share": (0.0,)}, "--train-share"),
        ({"splits": 0}, "--splits"),
    ],
)
def test_shares_and_counts_out_of_range_are_refused_before_anything_is_written(config, tmp_path, wrong, said):
    with pytest.raises(UsageError, match=said):
        evaluate.run(dataclasses.replace(config, out=tmp_path / "run", **wrong))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("words", [("imagenet",), ("a=",), ("a b=imagenet",), ("a=imagenet", "a=random")])
def test_arms_have_a_name_and_a_source(words):
    with pytest.raises(UsageError, match="--arm"):
        parse_arms(words)


def test_features_are_kept_part_by_part_so_that_an_interrupted_computation_goes_on(
    config, run_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(arms, "PART", 8)
    computed = []

    def five_crop_features(net, pictures, crop):
        computed.append(len(pictures))
        if len(computed) == 2:
            raise KeyboardInterrupt
        return original(net, pictures, crop)

    original = arms.five_crop_features
    monkeypatch.setattr(arms, "five_crop_features", five_crop_features)
    with pytest.raises(KeyboardInterrupt):
        evaluate.run(dataclasses.replace(config, out=tmp_path / "run"))
    folder = evaluate.run(dataclasses.replace(config, out=tmp_path / "run", resume=True)).path
    assert computed == [8, 8, 8, 4]  # the second was interrupted; the first is not done again
    assert [row["srocc"] for row in rows_of(folder)] == [row["srocc"] for row in rows_of(run_folder)]


def test_weights_are_hashed_once_until_they_are_written_to(tmp_path, rated, monkeypatch):
    digest, hashed = arms._digest, []
    monkeypatch.setattr(arms, "_digest", lambda *about: hashed.append(about) or digest(*about))
    net = AttiqaNet(architecture("test_efficientnet", 4))
    paths = tuple(sorted(rated.parent.glob("*.png")))[:2]
    material = arms.Material("two", paths, [read_picture(path) for path in paths])
    store = arms.FeatureStore(tmp_path, 36, 32, torch.device("cpu"))
    first = store.views(net, material)
    assert store.views(net, material) is first and len(hashed) == 1
    with torch.no_grad():
        next(net.encoder.parameters()).mul_(2)
    assert not torch.equal(store.views(net, material), first) and len(hashed) == 2


def test_a_judge_is_loaded_once_for_all_splits(tmp_path, rated, tiny_scorer_folder, monkeypatch):
    make, made = arms.create_metric, []
    monkeypatch.setattr(arms, "create_metric", lambda *words, **more: made.append(words) or make(*words, **more))
    material = arms.Material("two", tuple(sorted(rated.parent.glob("*.png")))[:2], [])
    store = arms.FeatureStore(tmp_path, 36, 32, torch.device("cpu"))
    scores = [store.judgements(str(tiny_scorer_folder), material) for _split in range(3)]
    assert len(made) == 1 and scores[0].shape == (2,) and scores[1] is scores[2]


def test_arms_of_one_encoder_share_its_features(config, tmp_path):
    folder = evaluate.run(dataclasses.replace(config, out=tmp_path / "run", arm=("a=random", "b=random"))).path
    (path,) = (folder / "features").iterdir()
    assert load_file(path)["features"].shape[:2] == (20, 5)
