import json

import numpy as np
import pytest
import torch
from fixtures.json_lines import rows_of
from fixtures.seeded import uniform
from PIL import Image
from skimage import data

from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges.qualiclip import load_qualiclip
from attiqa_core.network.architecture import Architecture
from attiqa_core.network.model import AttiqaNet
from attiqa_core.tensor_files import load_tensors
from experiments.commands import qualiclip

TINY = {"vision_backbone": "test_efficientnet", "init": "random", "hidden": 4, "features": 16, "device": "cpu"}
LESSONS = {"levels": 3, "batch": 2, "resize": 48, "crop": 32, "spare": 8, "epochs": 2, "held_out": 2}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    picture = data.astronaut()
    for index in range(6):
        Image.fromarray(picture[60 * index : 60 * index + 96, 100:196]).save(folder / f"{index}.png")
    return folder


@pytest.fixture(scope="module")
def trained(photos, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "qualiclip"
    outcome = qualiclip.run(qualiclip.Config((photos,), out=out, **TINY, **LESSONS))
    return outcome.path


@pytest.mark.slow
def test_the_run_is_a_judge_that_needs_nothing_else(trained):
    judge = load_qualiclip(trained)
    scores, attributes = judge.read(uniform(2, 3, 60, 70))
    assert scores.shape == (2,) and attributes.shape == (2, 5) and (scores > 0).all() and (scores < 1).all()
    described = json.loads((trained / "qualiclip.json").read_text())
    assert "stand-in" in described["text"] and described["stand_in"] and judge.sha256 == described["sha256"]


@pytest.mark.slow
def test_the_encoder_is_stored_as_a_pretraining_that_says_its_heads_are_untrained(trained):
    described = json.loads((trained / "pretrained.json").read_text())
    assert described["format"] == "attiqa-pretrained/1" and "untrained" in described["heads"]
    net = AttiqaNet(Architecture.from_dict(described["architecture"]))
    net.load_state_dict(load_tensors(trained / "pretrained.safetensors", described["sha256"]))
    tower = load_qualiclip(trained).tower
    assert all(torch.equal(value, net.state_dict()[name]) for name, value in tower.net.state_dict().items())


def test_each_epoch_says_how_held_out_photos_are_ranked(trained):
    rows = rows_of(trained / "metrics.jsonl")
    assert [row["epoch"] for row in rows] == [1, 2]
    assert all(0 <= row["held_out_ranking_accuracy"]["mean"] <= 1 for row in rows)
    assert rows[0]["held_out_ranking_accuracy"]["pixelation"] is None  # two photos cannot show ten kinds


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_weights(trained, photos, tmp_path, monkeypatch):
    from attiqa_core.training import loop as training

    save, calls = training.save_checkpoint, []

    def die_after_saving(*arguments):
        save(*arguments)
        calls.append(arguments)
        raise KeyboardInterrupt

    config = qualiclip.Config((photos,), out=tmp_path / "broken", resume=True, **TINY, **LESSONS)
    monkeypatch.setattr(training, "save_checkpoint", die_after_saving)
    with pytest.raises(KeyboardInterrupt):
        qualiclip.run(config)
    monkeypatch.setattr(training, "save_checkpoint", save)
    qualiclip.run(config)
    whole, resumed = (load_tensors(folder / "qualiclip.safetensors") for folder in (trained, tmp_path / "broken"))
    assert calls and all(np.array_equal(whole[name], resumed[name]) for name in whole)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"levels": 1}, "--levels"),
        ({"crop": 48}, "--resize"),
        ({"crop": 16, "spare": 20}, "overlap"),
        ({"freeze": ("stem",), "vision_backbone": None}, "--vision-backbone"),
        ({"clip_model": "RN101"}, "--clip-model"),
    ],
)
def test_impossible_options_are_refused_before_anything_is_written(photos, tmp_path, wrong, says):
    with pytest.raises(UsageError, match=says):
        qualiclip.run(qualiclip.Config((photos,), out=tmp_path / "run", **{**TINY, **LESSONS, **wrong}))
    assert not (tmp_path / "run").exists()


def test_too_few_photos_are_refused(photos, tmp_path):
    with pytest.raises(InputError, match="lower --batch"):
        qualiclip.run(qualiclip.Config((photos,), out=tmp_path / "run", **{**TINY, **LESSONS, "batch": 5}))


def test_a_run_goes_on_with_the_same_options_only(trained, photos):
    with pytest.raises(InputError, match="begun with levels 3, not 4"):
        qualiclip.run(qualiclip.Config((photos,), out=trained, resume=True, **{**TINY, **LESSONS, "levels": 4}))
    other = qualiclip.Config((photos / "0.png", photos / "1.png"), out=trained, resume=True, **{**TINY, **LESSONS})
    with pytest.raises(InputError):
        qualiclip.run(other)


@pytest.mark.slow
def test_its_labels_pass_through_the_same_cache_as_clips(trained, photos, tmp_path):
    from attiqa_core.labelling import labels
    from attiqa_core.teachers.qualiclip import QualiClipTeacher

    teacher = QualiClipTeacher(trained)
    labels.label([photos], teacher, tmp_path / "labels", batch=4)
    made = labels.read(tmp_path / "labels")
    assert made.attributes == ("quality",) and len(made.keys) == 6
    with Image.open(photos / made.keys[2]) as picture:
        expected = teacher.labels(teacher.encode([teacher.prepare(np.array(picture))]))
    torch.testing.assert_close(made.labels[2:3], expected, atol=1e-6, rtol=0)
