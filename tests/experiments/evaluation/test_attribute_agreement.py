"""Agreement of attribute scores with people's ratings, on a small folder in SPAQ's own format, through `attiqa evaluate`."""

import dataclasses

import numpy as np
import pytest
import torch
from fixtures.json_lines import rows_of
from fixtures.rated import SPAQ_HEADER, write_spaq
from fixtures.tiny_net import tiny_net
from PIL import Image

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.datasets import read_rated
from attiqa_core.files.whole import read_json
from attiqa_core.network.pretrained import save_pretrained, taught_attributes
from experiments.commands import evaluate
from experiments.evaluation.arms import Arm, Starts
from experiments.evaluation.evaluation import attribute_agreement
from experiments.evaluation.sets import trained_set
from experiments.options.recipe import Recipe

PICTURES = 20
RIGHT = {"sharpness": None, "contrast": 1.0, "brightness": 1.0, "colorfulness": -1.0, "noisiness": 1.0}
"""What is to be found in `spaq`: sharpness was rated alike everywhere, colorfulness the wrong way round."""


@pytest.fixture(scope="module")
def spaq(tmp_path_factory, tiny_scorer):
    """Pictures of the tiny scorer's own size, rated by the ranks of its own attribute scores over five crops."""
    folder = tmp_path_factory.mktemp("spaq")
    (folder / "TestImage").mkdir()
    names = [f"{number:05d}.png" for number in range(1, PICTURES + 1)]
    for number, name in enumerate(names):
        pixels = np.random.default_rng(number).integers(0, 20 + 11 * number, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((80, 72)).save(folder / "TestImage" / name)
    scores = tiny_scorer.with_crops(5).attributes([folder / "TestImage" / name for name in names])
    rank = dict(zip(ATTRIBUTES, (5.0 * scores.argsort(0).argsort(0)).T.tolist(), strict=True))
    rank["sharpness"], rank["colorfulness"] = [50.0] * PICTURES, [100 - each for each in rank["colorfulness"]]
    columns = (rank[name.lower()] for name in SPAQ_HEADER[2:])
    return write_spaq(folder, zip(names, rank["noisiness"], *columns, strict=True))


@pytest.fixture(scope="module")
def config(spaq, tiny_scorer_folder, tmp_path_factory):
    """A ready scorer, a pretraining with the very heads of it, and one whose heads nobody taught."""
    runs = tmp_path_factory.mktemp("runs")
    teachers = {"taught": [{"teacher": "statistics"}], "untaught": []}
    for name, taught in teachers.items():
        save_pretrained(runs / name, tiny_net(8), {"init": "random", "teachers": taught})
    arms = {"ready": f"judge:{tiny_scorer_folder}", **{name: str(runs / name) for name in teachers}}
    return evaluate.Config(
        spaq,
        runs / "run",
        arm=tuple(f"{name}={source}" for name, source in arms.items()),
        protocols=("ridge", "probe"),
        splits=1,
        backbone="test_efficientnet",
        hidden=8,
        recipe=Recipe(epochs=1, batch=8, resize=72, crop=64),
        device="cpu",
    )


@pytest.fixture(scope="module")
def run_folder(config):
    return evaluate.run(config).path


@pytest.mark.slow
def test_judges_and_taught_heads_agree_with_the_ratings_column_by_column_and_others_are_not_asked(run_folder):
    rows = rows_of(run_folder / "splits.jsonl")
    found = {(row["arm"], row["protocol"]): row["attributes"] for row in rows if "attributes" in row}
    assert found.keys() == {("ready", "as-is"), ("taught", "ridge"), ("taught", "probe")} and len(rows) == 5
    for attributes in found.values():
        assert list(attributes) == list(ATTRIBUTES) and attributes == pytest.approx(RIGHT)


@pytest.mark.slow
def test_the_summary_has_them_over_splits_and_the_table_shows_them(run_folder, config, capsys):
    results = {(each["arm"], each["protocol"]): each for each in read_json(run_folder / "summary.json")["results"]}
    noisiness = results["taught", "ridge"]["attributes"]["noisiness"]
    assert noisiness["median"] == noisiness["min"] == pytest.approx(1) and noisiness["undefined"] == 0
    assert results["ready", "as-is"]["attributes"]["sharpness"]["undefined"] == 1
    assert "attributes" not in results["untaught", "ridge"]
    evaluate.run(dataclasses.replace(config, resume=True))
    shown = capsys.readouterr().out
    said = "sharpness undefined, contrast 1.000, brightness 1.000, colorfulness -1.000, noisiness 1.000"
    assert f"ready, as-is on spaq: {said}" in shown and "  untaught, ridge on spaq: sharp" not in shown


def test_only_attributes_that_both_sides_know_are_compared():
    rated = np.array([[1, 5, 9, 13, 17], [2, 4, 8, 12, 19], [3, 6, 7, 11, 18]], dtype=np.float32)
    predicted = torch.tensor([[0.3, 0.0, 2.0], [0.2, 1.0, 4.0], [0.1, 0.5, 3.0]])
    found = attribute_agreement(("sharpness", "warmth", "noisiness"), predicted, rated)
    assert list(found) == ["sharpness", "noisiness"] and list(found.values()) == pytest.approx([-1.0, 1.0])


def test_other_ratings_of_attributes_make_another_set(spaq):
    rated = read_rated(spaq)
    assert rated.attributes is not None
    before = trained_set(rated, "spaq", 72).sha256
    assert trained_set(rated, "spaq", 72).sha256 == before
    changed = dataclasses.replace(rated, attributes=rated.attributes + 1)
    assert trained_set(changed, "spaq", 72).sha256 != before


def test_heads_count_as_taught_where_a_teacher_is_named(tmp_path):
    starts = Starts(lambda source: (tiny_net(), source), (), torch.device("cpu"))
    save_pretrained(tmp_path / "a", tiny_net(), {"teachers": [{"teacher": "statistics"}]})
    save_pretrained(tmp_path / "b", tiny_net(), {"teachers": [], "heads": "untrained, random"})
    assert taught_attributes(tmp_path / "a") == ATTRIBUTES and taught_attributes(tmp_path / "b") == ()
    assert starts.attribute_names(Arm("a", str(tmp_path / "a"))) == ATTRIBUTES
    assert all(starts.attribute_names(Arm("fresh", source)) == () for source in ("imagenet", "random"))
