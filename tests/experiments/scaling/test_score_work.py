"""`attiqa score` by many workers: the same table, byte for byte, whoever made what, and whoever was killed."""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fixtures.pages import ROOT

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.described import read_sealed
from attiqa_core.files.whole import write_json, write_text
from attiqa_core.shards.commit import FORMAT
from attiqa_core.shards.manifest import read_manifest
from experiments.commands import merge, score
from experiments.options.merge import Config as Merge
from experiments.options.scaling import ScalingOptions


@pytest.fixture
def some(photos, tmp_path):
    """Six pictures, one of them broken, two alike but for their names, which a spreadsheet might run or that have a line end."""
    folder = tmp_path / "some"
    folder.mkdir()
    for index in range(3):
        shutil.copy(photos / f"p{index}.png", folder)
    shutil.copy(photos / "p1.png", folder / "=again.png")
    shutil.copy(photos / "p2.png", folder / "two\nlines.png")
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture
def options(some, tiny_scorer_folder):
    def made(csv, part=None, images=None, **others):
        settings = {"crops": 1, "device": "cpu", "csv": csv, "shard_size": 2, **others}
        shared = ScalingOptions(shard=part)
        return score.Config((images or some,), str(tiny_scorer_folder), scaling=shared, **settings)

    return made


def merge_into_the_table_of_one_process(options, folder, judges):
    one, shared = folder / "one.csv", folder / "shared.csv"
    score.run(options(one, judges=judges))
    said = [score.run(options(shared, f"{part}/2", judges=judges)) for part in (1, 0)]
    assert "all 3 shards are there: run `attiqa merge" in said[1].done and not shared.exists()
    assert ["broken.png" in failure for each in said for failure in each.failures] == [True]
    merged = merge.run(Merge(folder / f"{shared.name}.parts"))
    assert merged.path == shared and merged.done.startswith("5 pictures scored by") and len(merged.failures) == 1
    assert shared.read_bytes() == one.read_bytes()
    assert merge.run(Merge(folder / f"{shared.name}.parts")) == merged


def test_parts_in_any_order_merge_into_the_table_of_one_process(options, tmp_path):
    merge_into_the_table_of_one_process(options, tmp_path, ())


@pytest.mark.slow
def test_so_do_parts_of_two_judges(options, tmp_path, tiny_onnx):
    merge_into_the_table_of_one_process(options, tmp_path, (str(tiny_onnx),))


@pytest.mark.slow
def test_names_given_relative_to_a_folder_stay_as_they_are(options, some, tmp_path, monkeypatch):
    monkeypatch.chdir(some)
    score.run(options(tmp_path / "one.csv", images=some.relative_to(some)))
    score.run(options(tmp_path / "shared.csv", "0/1", images=some.relative_to(some)))
    merge.run(Merge(tmp_path / "shared.csv.parts"))
    assert (tmp_path / "shared.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()


@pytest.mark.slow
def test_pictures_at_an_address_come_into_the_same_table_as_in_one_process(options, some, tmp_path):
    at = Path(f"file://{some}")
    score.run(options(tmp_path / "one.csv", images=at))
    score.run(options(tmp_path / "shared.csv", "0/1", images=at))
    merge.run(Merge(tmp_path / "shared.csv.parts"))
    assert (tmp_path / "shared.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()
    assert f"file://{some}/p0.png" in (tmp_path / "one.csv").read_text()


def test_a_name_that_is_not_utf8_is_left_out_with_a_sentence(options, some, tmp_path):
    os.rename(some / "broken.png", os.fsencode(some) + b"/caf\xe9.png")  # noqa: PTH104 - bytes
    outcome = score.run(options(tmp_path / "t.csv", "0/1"))
    assert len(outcome.failures) == 1 and "is not UTF-8; rename it" in outcome.failures[0]
    assert merge.run(Merge(tmp_path / "t.csv.parts")).done.startswith("5 pictures")


def test_another_scorer_and_a_table_that_is_there_are_refused(options, tmp_path):
    table = tmp_path / "t.csv"
    score.run(options(table, "0/2"))
    with pytest.raises(UsageError, match="was begun with crops 1, not 5"):
        score.run(options(table, "1/2", crops=5))
    with pytest.raises(InputError, match=r"no such file; the shard was not finished"):
        merge.run(Merge(tmp_path / "t.csv.parts"))
    score.run(options(table, "1/2", workers=1))
    table.write_text("mine")
    with pytest.raises(UsageError, match="exists already and is another table"):
        merge.run(Merge(tmp_path / "t.csv.parts"))
    assert table.read_text() == "mine"
    with pytest.raises(UsageError, match="exists already"):
        score.run(options(table, "1/2"))


def test_rows_of_other_pictures_are_refused_even_if_every_hash_fits(options, tmp_path):
    score.run(options(tmp_path / "t.csv", "0/1"))
    first, second, _ = read_manifest(tmp_path / "t.csv.parts").shards()
    told = read_sealed(second.file(".json"), "", FORMAT)
    shutil.copy(first.file(".csv"), second.file(".csv"))
    files = read_sealed(first.file(".json"), "", FORMAT)["files"]
    write_json(second.file(".json"), {**told, "files": files}, seal=True)
    with pytest.raises(InputError, match=r"000001\.csv: is not about its pictures"):
        merge.run(Merge(tmp_path / "t.csv.parts"))


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"csv": None}, "name it with --csv"),
        ({"resume": True}, "leave --resume out"),
        ({"maps": "maps"}, "in one process"),
        ({"images": "clip_%d.png"}, "in one process"),
    ],
)
def test_what_workers_cannot_share_is_refused(options, tmp_path, others, said):
    there = {name: tmp_path / value if isinstance(value, str) else value for name, value in others.items()}
    with pytest.raises(UsageError, match=f"--shard: .*{said}"):
        score.run(options(**{"csv": tmp_path / "t.csv", "part": "0/2", **there}))


def test_a_folder_that_is_no_run_in_shards_is_named(tmp_path):
    with pytest.raises(InputError, match="no run in shards is here"):
        merge.run(Merge(tmp_path))
    write_text(tmp_path / ".attiqa" / "sharded.json", "{}")
    with pytest.raises(InputError, match="is not of the format attiqa-sharded/1"):
        merge.run(Merge(tmp_path))


@pytest.mark.slow
def test_a_worker_killed_at_random_and_started_again_ends_in_the_same_bytes(
    options, some, tiny_scorer_folder, tmp_path
):
    table, moments = tmp_path / "killed.csv", random.Random(1)
    words = [some, "--scorer", tiny_scorer_folder, "--crops", "1", "--shard-size", "1", "--csv", table, "--shard"]
    command = [sys.executable, "-m", "experiments.cli", "score", *map(str, words)]
    dies_at = moments.randrange(1, 3)
    with subprocess.Popen([*command, "0/2"], cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}) as process:
        while process.poll() is None and len(list(tmp_path.glob("killed.csv.parts/shards/*.json"))) < dies_at:
            time.sleep(0.001)
        process.kill()
    for part in ("1/2", "0/2"):
        score.run(options(table, part, shard_size=1, device="auto"))
    merge.run(Merge(tmp_path / "killed.csv.parts"))
    score.run(options(tmp_path / "one.csv"))
    assert table.read_bytes() == (tmp_path / "one.csv").read_bytes()


@pytest.mark.slow
def test_one_process_killed_at_random_goes_on_to_the_same_bytes(options, some, tiny_scorer_folder, tmp_path):
    table = tmp_path / "killed.csv"
    words = [some, "--scorer", tiny_scorer_folder, "--crops", "1", "--workers", "1", "--csv", table]
    command = [sys.executable, "-m", "experiments.cli", "score", *map(str, words)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}) as process:
        while process.poll() is None and not (table.exists() and table.read_bytes().count(b"\n") > 2):
            time.sleep(0.001)
        process.kill()
    score.run(options(table, resume=True))
    score.run(options(tmp_path / "one.csv"))
    assert table.read_bytes() == (tmp_path / "one.csv").read_bytes()
