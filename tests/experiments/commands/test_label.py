"""`attiqa label` from the shell: caches, prompts, resuming, and what it says about mistakes."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from fixtures.pages import ROOT
from fixtures.photographs import noise_png, write_noise, write_tar
from fixtures.tiny_clip import clip_options
from PIL import Image

from attiqa_core.errors import InputError, UsageError
from attiqa_core.labelling import labels
from attiqa_core.teachers.statistics import StatisticsTeacher
from experiments.commands.label import Config, run


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Options that choose a tiny random CLIP."""
    return {**clip_options(tmp_path_factory.mktemp("clip"), "label-clip"), "threads": 1}


@pytest.fixture
def pictures(tmp_path):
    """A folder of six photos: four files and a tar shard of two."""
    folder = tmp_path / "pictures"
    write_noise(folder, [f"{index}.png" for index in range(4)])
    write_tar(folder / "s.tar", [(f"{index}.png", noise_png(index)) for index in (4, 5)])
    return folder


@pytest.mark.slow
def test_files_and_shards_are_labelled_and_other_prompts_follow_from_the_cache(pictures, tmp_path, clip):
    outcome = run(Config(photos=(pictures,), out=tmp_path / "run", **clip))
    first = labels.read(tmp_path / "run")
    assert outcome.path == tmp_path / "run" and outcome.failures == ()
    assert first.keys == ("0.png", "1.png", "2.png", "3.png", "s.tar/4.png", "s.tar/5.png")
    for photo in pictures.iterdir():
        photo.unlink()
    run(Config(out=tmp_path / "single", cache=tmp_path / "run" / "cache", prompts="single", **clip))
    single = labels.read(tmp_path / "single")
    assert single.attributes == ("quality",) and single.labels.shape == (6, 1) and single.keys == first.keys
    assert single.provenance["prompts"] == {"quality": ["Good image", "Bad image"]}


@pytest.mark.slow
def test_a_set_of_chosen_prompts_is_read_from_a_run(pictures, tmp_path, clip):
    pair = {name: [f"{name} image", "dull image"] for name in labels.ATTRIBUTES}
    content = {"format": "attiqa-prompts/1", "template": "{adjective} image", "sets": {"worst": pair}}
    (tmp_path / "prompts.json").write_text(json.dumps(content))
    prompts = {"prompts": str(tmp_path / "prompts.json"), "prompt_set": "worst"}
    run(Config(photos=(pictures,), out=tmp_path / "run", **prompts, **clip))
    assert labels.read(tmp_path / "run").provenance["prompts"]["sharpness"] == ["sharpness image", "dull image"]


@pytest.mark.slow
def test_a_cache_of_other_weights_is_refused(pictures, tmp_path, clip):
    run(Config(photos=(pictures,), out=tmp_path / "run", **clip))
    other = {**clip, "clip_activation": "quick-gelu"}
    with pytest.raises(UsageError, match="quick_gelu"):
        run(Config(out=tmp_path / "other", cache=tmp_path / "run" / "cache", **other))
    assert not (tmp_path / "other" / "labels.json").exists()


@pytest.mark.slow
def test_classical_measures_are_labels_and_failures_are_named(pictures, tmp_path):
    (pictures / "1.png").write_bytes(b"not a picture")
    config = Config(photos=(pictures,), out=tmp_path / "run", teacher="statistics", max_error_rate=0.2)
    outcome = run(config)
    assert len(outcome.failures) == 1 and "1.png" in outcome.failures[0]
    expected = StatisticsTeacher().prepare(np.array(Image.open(pictures / "0.png")))
    torch.testing.assert_close(labels.read(tmp_path / "run").labels[:1], expected)
    assert labels.read(tmp_path / "run").provenance["teacher"] == "statistics"


@pytest.mark.slow
def test_bf16_is_refused_where_it_would_change_labels_and_the_cure_works(pictures, tmp_path, clip):
    with pytest.raises(UsageError, match="give --precision fp32 and another --out"):
        run(Config(photos=(pictures,), out=tmp_path / "bf16", precision="bf16", **clip))
    run(Config(photos=(pictures,), out=tmp_path / "another", precision="fp32", **clip))
    assert labels.read(tmp_path / "another").provenance["precision"] == "fp32"


@pytest.mark.slow
def test_bf16_that_is_only_automatic_gives_way_with_a_sentence(pictures, tmp_path, clip, monkeypatch, capsys):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
    config = {"photos": (pictures,), "out": tmp_path / "run", "device": "cpu", **clip}
    run(Config(**config))
    assert "bf16 would change the labels" in (said := capsys.readouterr().err) and "goes on in fp32" in said
    assert labels.read(tmp_path / "run").provenance["precision"] == "fp32"
    run(Config(**config, resume=True))
    assert "bf16" not in capsys.readouterr().err


@pytest.mark.slow
def test_a_used_folder_is_refused_and_resumed_on_request(pictures, tmp_path):
    config = {"photos": (pictures,), "out": tmp_path / "run", "teacher": "statistics"}
    run(Config(**config))
    with pytest.raises(UsageError, match="--out"):
        run(Config(**config))
    assert run(Config(**config, resume=True, threads=1)).path == tmp_path / "run"
    with pytest.raises(InputError, match="begun with shard_size 1024, not 2"):
        run(Config(**config, resume=True, shard_size=2))


def test_nothing_is_written_when_there_are_no_photos(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no photos here"):
        run(Config(photos=(tmp_path / "empty",), out=tmp_path / "run", teacher="statistics"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": 0}, "--batch"),
        ({"shard_size": 0}, "--shard-size"),
        ({"max_error_rate": 1.5}, "--max-error-rate"),
        ({"prompts": "single"}, "--prompts"),
        ({"compile": True}, "--compile"),
        ({"clip_weights": "laion2b_s34b_b88k"}, "--clip-weights"),
        ({"half": True}, "--half"),
        ({"photos": ()}, "no photos named"),
    ],
)
def test_numbers_and_contradictions_are_checked(pictures, tmp_path, options, message):
    with pytest.raises(UsageError, match=message):
        run(Config(**{"photos": (pictures,), "out": tmp_path / "run", "teacher": "statistics", **options}))


@pytest.mark.slow
def test_a_killed_command_resumes_to_identical_files(pictures, tmp_path):
    words = ["label", str(pictures), "--teacher", "statistics", "--shard-size", "1", "--threads", "1"]
    command = [sys.executable, "-m", "experiments.cli", *words, "--out", str(tmp_path / "killed")]
    shards = tmp_path / "killed" / "cache" / "shards"
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}) as process:
        while process.poll() is None and not list(shards.glob("*.json")):
            time.sleep(0.001)
        process.kill()
    options = {"photos": (pictures,), "teacher": "statistics", "shard_size": 1, "threads": 1}
    run(Config(**options, out=tmp_path / "killed", resume=True))
    run(Config(**options, out=tmp_path / "whole"))
    for path in (tmp_path / "whole").rglob("*"):
        if path.is_file() and path.name not in ("config.toml", "meta.json"):
            assert path.read_bytes() == (tmp_path / "killed" / path.relative_to(tmp_path / "whole")).read_bytes()
