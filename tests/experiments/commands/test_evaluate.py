"""Evaluation on a tiny network and synthetic pictures: what is stored, what is repeated, and what is refused."""

import csv
import dataclasses
import json
import shutil

import numpy as np
import pytest
from fixtures.json_lines import rows_of
from fixtures.rated import write_mos
from fixtures.tiny_net import tiny_net
from PIL import Image
from safetensors.torch import load_file

from attiqa_core.datasets.splits import write_splits
from attiqa_core.errors import InputError, UsageError
from attiqa_core.evaluation.metrics import srocc
from attiqa_core.files.whole import read_json
from attiqa_core.photos.images import read_picture, to_images
from attiqa_core.scorer import MosRange, Preprocessing, Scorer, save_scorer
from experiments.commands import evaluate
from experiments.evaluation import features
from experiments.options.recipe import Recipe

RECIPE = Recipe(epochs=1, batch=8, resize=36, crop=32)


def make_set(folder, name: str, count: int, seed: int):
    """A folder of small pictures whose MOS is their contrast, and its CSV."""
    folder.mkdir()
    scores = {}
    for index in range(count):
        pixels = np.random.default_rng(seed + index).integers(0, 20 + 10 * index, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((44, 38)).save(folder / f"{name}{index:02d}.png")
        scores[f"{name}{index:02d}.png"] = 4 * index
    return write_mos(folder / f"{name}.csv", scores)


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


def test_stored_predictions_are_those_of_the_tested_images_and_give_the_stored_coefficient(run_folder, rated):
    mos = {row["image"]: float(row["mos"]) for row in csv.DictReader(rated.open())}
    tested = read_json(run_folder / "splits.json")["splits"]
    for row in rows_of(run_folder / "splits.jsonl"):
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
    values = [row["srocc"] for row in rows_of(run_folder / "splits.jsonl")]
    assert result["srocc"]["median"] == pytest.approx(np.median(values)) and result["srocc"]["max"] == max(values)
    assert {"low", "high", "images_low", "images_high", "undefined"} <= result["srocc"].keys()


def test_another_run_gives_the_same_rows(config, run_folder, tmp_path):
    again = evaluate.run(dataclasses.replace(config, out=tmp_path / "again")).path
    assert rows_of(again / "splits.jsonl") == rows_of(run_folder / "splits.jsonl")


@pytest.mark.slow
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
    config, run_folder, tiny_scorer_folder
):
    longer = dataclasses.replace(config, resume=True, recipe=dataclasses.replace(RECIPE, epochs=5))
    with pytest.raises(InputError, match="begun with epochs 1, not 5"):
        evaluate.run(longer)
    with pytest.raises(InputError, match="arm:one was random and is"):
        evaluate.run(dataclasses.replace(config, resume=True, arm=(f"one=judge:{tiny_scorer_folder}",)))


@pytest.fixture
def changeable(config, tmp_path, tiny_scorer_folder):
    """A finished run with every kind of input, all of which a test may change; gives the files and how to go on."""
    rated, other = make_set(tmp_path / "train", "mine", 12, 0), make_set(tmp_path / "other", "other", 6, 100)
    scorer = shutil.copytree(tiny_scorer_folder, tmp_path / "scorer")
    votes = tmp_path / "votes.csv"
    votes.write_text("image_a,image_b,rater,choice\nmine00.png,mine09.png,x,b\nmine01.png,mine08.png,x,b\n")
    splits = tmp_path / "my-splits.json"
    listed = [f"mine{number:02d}.png" for number in range(12)]
    write_splits(splits, "mine", [{"train": listed[:8], "test": listed[8:]}])
    begun = dataclasses.replace(
        config, scores=rated, out=tmp_path / "run", arm=("one=random", f"tiny=judge:{scorer}"), splits=1,
        test_on=(other,), votes=votes, votes_images=rated.parent, split_file=splits,
    )  # fmt: skip
    rows = rows_of(evaluate.run(begun).path / "splits.jsonl")
    return tmp_path, dataclasses.replace(begun, resume=True), rows


def other_pixels(path):
    Image.fromarray(255 - np.asarray(Image.open(path))).save(path)


def other_text(old, new):
    return lambda path: path.write_text(path.read_text().replace(old, new))


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
def test_two_sets_of_equal_names_and_sizes_are_each_measured_on_their_own_pixels(config, tmp_path):
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
        run = dataclasses.replace(config, scores=scores, out=tmp_path / name, splits=1, features=features)
        return (evaluate.run(run).path / "predictions" / "one-ridge-on-photo-split00.csv").read_text()

    first, second = (predicted(each, f"run {each.parent.name}", tmp_path / "features") for each in alike)
    assert second == predicted(alike[1], "alone", None) != first


def test_splits_of_one_run_can_be_imported_by_another(config, run_folder, tmp_path):
    imported = dataclasses.replace(config, out=tmp_path / "run", split_file=run_folder / "splits.json")
    folder = evaluate.run(imported).path
    assert [row["srocc"] for row in rows_of(folder / "splits.jsonl")] == [
        row["srocc"] for row in rows_of(run_folder / "splits.jsonl")
    ]
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
    (row,) = rows_of(folder / "splits.jsonl")
    assert row["trained_images"] == 14 and row["tested_images"] == 4


@pytest.mark.slow
def test_fine_tuning_notes_similarity_and_best_epochs_with_their_labels(config, tmp_path, capsys):
    fine = dataclasses.replace(
        config, out=tmp_path / "run", protocols=("finetune", "probe"), splits=1, val=0.2, watch_epochs=True,
        recipe=dataclasses.replace(RECIPE, epochs=2),
    )  # fmt: skip
    finetuned, probed = rows_of(evaluate.run(fine).path / "splits.jsonl")
    assert finetuned["trained_images"] == 12 and -1 <= finetuned["feature_similarity"] < 1
    assert "feature_similarity" not in probed  # frozen: nothing moved
    assert finetuned["best_on_test"]["srocc"] >= finetuned["srocc"] and 1 <= finetuned["best_on_val"]["epoch"] <= 2
    shown = capsys.readouterr().out
    assert "best on test: paper-style, optimistic" in shown and "best on validation" in shown


@pytest.mark.slow
def test_a_judge_is_tested_as_it_is_once_for_all_splits(config, tiny_scorer_folder, rated, tmp_path):
    judged = dataclasses.replace(
        config, out=tmp_path / "run", arm=(f"tiny=judge:{tiny_scorer_folder}", "one=random"), splits=2
    )
    folder = evaluate.run(judged).path
    rows = [row for row in rows_of(folder / "splits.jsonl") if row["arm"] == "tiny"]
    assert [(row["protocol"], row["trained_images"]) for row in rows] == [("as-is", 0)] * 2
    scorer = Scorer.load(tiny_scorer_folder)
    predictions = csv.DictReader((folder / "predictions" / "tiny-as-is-on-mine-split00.csv").open())
    for row in predictions:
        score = scorer.score(to_images(read_picture(rated.parent / row["image"])[None]))
        assert float(row["predicted"]) == pytest.approx(76 * score.item(), abs=1e-4)  # MOS go from 0 to 76


@pytest.mark.slow
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


@pytest.mark.slow
def test_votes_are_scored_by_every_predictor(config, rated, tmp_path, capsys):
    votes = tmp_path / "votes.csv"
    lines = [f"mine{a:02d}.png,mine{b:02d}.png,{rater},b" for a, b in ((0, 12), (3, 18), (1, 9)) for rater in "xyz"]
    votes.write_text("\n".join(["image_a,image_b,rater,choice", *lines]) + "\n")
    asked = dataclasses.replace(config, out=tmp_path / "run", votes=votes, votes_images=rated.parent, splits=1)
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
def test_shares_and_counts_out_of_range_are_refused_before_anything_is_written(config, tmp_path, wrong, said):
    with pytest.raises(UsageError, match=said):
        evaluate.run(dataclasses.replace(config, out=tmp_path / "run", **wrong))
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_features_are_kept_part_by_part_so_that_an_interrupted_computation_goes_on(
    config, run_folder, tmp_path, monkeypatch
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
        evaluate.run(dataclasses.replace(config, out=tmp_path / "run"))
    folder = evaluate.run(dataclasses.replace(config, out=tmp_path / "run", resume=True)).path
    assert computed == [8, 8, 8, 4]  # the second was interrupted; the first is not done again
    assert [row["srocc"] for row in rows_of(folder / "splits.jsonl")] == [
        row["srocc"] for row in rows_of(run_folder / "splits.jsonl")
    ]


def test_arms_of_one_encoder_share_its_features(config, tmp_path):
    folder = evaluate.run(dataclasses.replace(config, out=tmp_path / "run", arm=("a=random", "b=random"))).path
    (path,) = (folder / "features").iterdir()
    assert load_file(path)["features"].shape[:2] == (20, 5)
