"""The whole chain from the command line: prompts, label, pretrain, fine-tune, evaluate, on 300 photos and a tiny CLIP."""

import csv

import numpy as np
import pytest
from fixtures.json_lines import rows_of
from fixtures.rated import write_mos, write_spaq
from fixtures.tiny_clip import clip_options
from PIL import Image

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.datasets.readers.spaq import COLUMNS
from attiqa_core.files.whole import read_json

PHOTOS = 300


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Words that name a tiny, randomly initialised CLIP."""
    options = clip_options(tmp_path_factory.mktemp("clip"), "tiny-chain-clip")
    return [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]


@pytest.fixture(scope="module")
def rated(tmp_path_factory):
    """300 photos that differ in light, contrast and noise, as SPAQ and as a CSV; brighter and cleaner is better."""
    folder = tmp_path_factory.mktemp("SPAQ")
    (folder / "TestImage").mkdir()
    random = np.random.default_rng(0)
    scores, rows = {}, []
    for index in range(PHOTOS):
        light, contrast, noise = random.uniform(0.3, 0.7), random.uniform(0.1, 0.5), random.uniform(0, 0.2)
        waves = np.sin(np.mgrid[:36, :48].sum(0)[..., None] / random.uniform(2, 9, 3))
        pixels = (light + contrast * waves / 2 + noise * random.normal(size=(36, 48, 3))).clip(0, 1)
        name = f"{index:05d}.png"
        Image.fromarray((255 * pixels).astype(np.uint8)).save(folder / "TestImage" / name)
        mos = float(50 + 60 * (light - 0.5) - 100 * noise + random.normal(0, 2))
        ratings = {"Brightness": 100 * light, "Contrast": 100 * contrast, "Noisiness": 100 - 300 * noise}
        rows.append([name, mos, *(ratings.get(column, random.uniform(0, 100)) for column in COLUMNS[2:])])
        scores[name] = mos
    write_mos(folder / "TestImage" / "mos.csv", scores)
    return write_spaq(folder, rows, COLUMNS)


@pytest.mark.slow
def test_the_whole_chain_runs_from_the_command_line(succeed, clip, rated, tmp_path):
    photos, mos = rated / "TestImage", rated / "TestImage" / "mos.csv"
    prompts, labels, pretrained, tuned, evaluated = (tmp_path / name for name in ("p", "l", "pre", "tuned", "eval"))

    def run(*words):
        return succeed(*words, "--device", "cpu")

    run("prompts", "--task1", photos, "--task2", rated, "--levels", "5", "--distort-at", "32", "--most-photos", "8",
        "--no-heatmaps", "--out", prompts, *clip)  # fmt: skip
    chosen = read_json(prompts / "prompts.json")["sets"]["joint"]
    run("label", photos, "--prompts", prompts, "--out", labels, "--shard-size", "128", *clip)
    with (labels / "labels.csv").open() as file:
        assert sum(1 for _ in csv.DictReader(file)) == PHOTOS
    assert read_json(labels / "labels.json")["provenance"]["prompts"] == chosen
    small = ("--backbone", "test_efficientnet", "--hidden", "4")
    run("pretrain", "--labels", labels, "--out", pretrained, "--held-out", "20", "--epochs", "2", "--batch", "70",
        "--resize", "36", "--crop", "32", "--lr", "0.01", "--optimizer", "adamw", *small)  # fmt: skip
    last = rows_of(pretrained / "metrics.jsonl")[-1]
    assert set(next(iter(last["held_out_ranking_accuracy"].values()))) == set(ATTRIBUTES)
    recipe = ("--resize", "36", "--crop", "32", "--epochs", "2", "--batch", "32", "--lr", "1e-3")
    run("finetune", mos, "--pretrained", pretrained, "--out", tuned, *recipe)
    run("evaluate", mos, "--arm", f"ours={pretrained}", "random=random", "--protocols", "finetune", "ridge", "--splits",
        "2", "--train-share", "1", "0.1", "--out", evaluated, *small, *recipe)  # fmt: skip
    results = read_json(evaluated / "summary.json")["results"]
    assert {(row["arm"], row["protocol"]) for row in results} == {
        (arm, protocol) for arm in ("ours", "random") for protocol in ("finetune", "ridge")
    }
    assert all(row["srocc"]["median"] is not None for row in results)
    out = run("score", photos / "00000.png", "--scorer", tuned / "scorer")
    assert "00000.png" in out
    assert {path.name for path in (tuned / "scorer").iterdir()} == {"scorer.safetensors", "scorer.json", "README.md"}
