"""`attiqa label` by many workers: the same labels, bit for bit, whoever made what, and whoever was killed."""

import os
import random
import subprocess
import sys
import time

import pytest
import torch
from fixtures.pages import ROOT
from fixtures.photographs import noise_png, write_noise, write_tar
from fixtures.tiny_clip import clip_options

from attiqa_core.errors import InputError, UsageError
from attiqa_core.labelling import labels
from experiments.commands import label, merge
from experiments.options.merge import Config as Merge
from experiments.options.scaling import ScalingOptions

RESULT = ("labels.csv", "labels.json")


@pytest.fixture
def pictures(written, small_pictures):
    return written


@pytest.fixture
def written(tmp_path):
    """A folder of seven photos: five files, one of them broken, and a tar of two."""
    folder = tmp_path / "pictures"
    write_noise(folder, [f"{index}.png" for index in range(4)])
    (folder / "4.png").write_bytes(b"no picture")
    write_tar(folder / "s.tar", [(f"{index}.png", noise_png(index)) for index in (5, 6)])
    return folder


def options(pictures, out, part=None, **others):
    settings = {"teacher": "statistics", "threads": 1, "shard_size": 2, "max_error_rate": 0.5, **others}
    return label.Config(photos=(pictures,), out=out, scaling=ScalingOptions(shard=part), **settings)


def results(out):
    return [(out / name).read_bytes() for name in RESULT]


def test_parts_in_any_order_merge_into_what_one_process_makes(pictures, tmp_path):
    label.run(options(pictures, tmp_path / "one"))
    said = [label.run(options(pictures, tmp_path / "parts", f"{part}/3")) for part in (2, 0, 1)]
    assert said[0].done == "part 2/3: 1 shard made; 3 of all 4 are still to be made"
    assert said[1].failures == () and "4.png" in said[0].failures[0]
    assert said[2].done.endswith(f"all 4 shards are there: run `attiqa merge {tmp_path / 'parts'}`")
    merged = merge.run(Merge(tmp_path / "parts"))
    assert merged.done == "6 photos labelled" and "4.png" in merged.failures[0]
    assert results(tmp_path / "parts") == results(tmp_path / "one")
    assert merge.run(Merge(tmp_path / "parts")).done == merged.done


def test_other_parts_or_one_process_go_on_with_what_parts_began(pictures, tmp_path):
    label.run(options(pictures, tmp_path / "run", "1/3"))
    assert label.run(options(pictures, tmp_path / "run", "0/2")).done.startswith("part 0/2: 2 shards made; 1 of all 4")
    with pytest.raises(InputError, match=r"000003\.json: no such file"):
        merge.run(Merge(tmp_path / "run"))
    assert not (tmp_path / "run" / "labels.csv").exists()
    label.run(options(pictures, tmp_path / "run", resume=True))
    label.run(options(pictures, tmp_path / "one"))
    assert results(tmp_path / "run") == results(tmp_path / "one")


def test_workers_of_one_folder_do_the_same(pictures, tmp_path):
    label.run(options(pictures, tmp_path / "run", "0/2", batch=3))
    with pytest.raises(UsageError, match="was begun with shard_size 2, not 3"):
        label.run(options(pictures, tmp_path / "run", "1/2", shard_size=3))
    with pytest.raises(UsageError, match="was begun with photos"):
        label.run(options(pictures / "s.tar", tmp_path / "run", "1/2"))
    label.run(options(pictures, tmp_path / "run", "1/2", batch=1))


def test_workers_do_not_list_the_photos_again(pictures, tmp_path):
    label.run(options(pictures, tmp_path / "run", "0/2"))
    write_noise(pictures, ["9.png"])
    label.run(options(pictures, tmp_path / "run", "1/2"))
    merge.run(Merge(tmp_path / "run"))
    assert "9.png" not in labels.read(tmp_path / "run").keys


def test_a_worker_that_does_not_see_the_photos_says_so(pictures, tmp_path):
    label.run(options(pictures, tmp_path / "run", "0/2"))
    pictures.rename(tmp_path / "elsewhere")
    pictures.with_name("pictures").symlink_to(tmp_path / "not mounted")
    with pytest.raises(InputError, match="no such file or folder"):
        label.run(options(pictures, tmp_path / "run", "1/2"))


def test_more_unreadable_photos_than_allowed_are_no_result(pictures, tmp_path):
    label.run(options(pictures, tmp_path / "run", "0/1"))
    with pytest.raises(InputError, match="more photos cannot be read than"):
        label.run(options(pictures, tmp_path / "other", "0/1", max_error_rate=0.1))


@pytest.mark.parametrize("part", ["3/3", "1", "-1/2", "a/b", "0/0", "1/2/3"])
def test_a_part_that_is_none_is_refused(pictures, tmp_path, part):
    with pytest.raises(UsageError, match=f"--shard {part}: give a part as I/N"):
        label.run(options(pictures, tmp_path / "run", part))


@pytest.mark.slow
def test_the_precision_is_decided_once_for_all_workers_whoever_is_first(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "pictures"
    write_noise(folder, [f"{index}.png" for index in range(4)])
    clip = {**clip_options(tmp_path, "part-clip"), "device": "cpu", "teacher": "clip"}
    label.run(options(folder, tmp_path / "one", precision="fp32", **clip))
    for first, second in (("0/2", "1/2"), ("1/2", "0/2")):
        out = tmp_path / f"run{first[0]}"
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
        label.run(options(folder, out, first, **clip))
        assert "goes on in fp32" in capsys.readouterr().err
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
        label.run(options(folder, out, second, **clip))
        assert "fp32" not in capsys.readouterr().err
        merge.run(Merge(out))
        assert results(out) == results(tmp_path / "one")


@pytest.mark.slow
def test_a_worker_killed_at_random_and_started_again_ends_in_the_same_bytes(written, tmp_path):
    pictures = written  # another process labels some of them, at their full size
    out, moments = tmp_path / "killed", random.Random(0)
    words = [str(pictures), "--teacher", "statistics", "--shard-size", "1", "--threads", "1", "--max-error-rate", "0.5"]
    command = [sys.executable, "-m", "experiments.cli", "label", *words, "--out", str(out), "--shard"]
    dies_at = moments.randrange(1, 4)
    with subprocess.Popen([*command, "0/2"], cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}) as process:
        while process.poll() is None and len(list(out.glob("cache/shards/*.json"))) < dies_at:
            time.sleep(0.001)
        process.kill()
    for part in ("1/2", "0/2"):
        label.run(options(pictures, out, part, shard_size=1))
    merge.run(Merge(out))
    label.run(options(pictures, tmp_path / "one", shard_size=1))
    assert results(out) == results(tmp_path / "one")
