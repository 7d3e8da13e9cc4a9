"""Parts of a run beside each other: planned once, locked each, started by SLURM, and what they leave to say."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from fixtures.pages import ROOT
from fixtures.photographs import write_noise

from attiqa_core.errors import UsageError
from attiqa_core.runs.lock import only_run_in
from experiments.commands import label, merge
from experiments.options.merge import Config as Merge
from experiments.options.scaling import ScalingOptions
from experiments.running.command_line import parse
from experiments.scaling.label_work import LabelWork

pytestmark = pytest.mark.usefixtures("small_pictures")
SCRIPT = ROOT / "docs" / "slurm" / "label.sbatch"


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "some pictures"
    write_noise(folder, [f"{index}.png" for index in range(5)])
    return folder


def options(pictures, out, part=None):
    settings = {"teacher": "statistics", "threads": 1, "shard_size": 1}
    return label.Config(photos=(pictures,), out=out, scaling=ScalingOptions(shard=part), **settings)


def test_workers_that_start_at_once_plan_once_and_make_everything(pictures, tmp_path, monkeypatch):
    planned, plan = [], LabelWork.plan

    def counted(work):
        planned.append((tmp_path / "run" / ".attiqa" / "sharded.json").exists())
        return plan(work)

    monkeypatch.setattr(LabelWork, "plan", counted)
    with ThreadPoolExecutor(3) as pool:
        said = list(pool.map(lambda part: label.run(options(pictures, tmp_path / "run", f"{part}/3")), range(3)))
    assert sorted(planned) == [False, True, True]
    assert any("all 5 shards are there" in each.done for each in said)
    assert merge.run(Merge(tmp_path / "run")).done == "5 photos labelled"


def test_a_part_runs_once_at_a_time_and_none_beside_the_whole_or_the_merge(pictures, tmp_path):
    run = tmp_path / "run"
    label.run(options(pictures, run, "0/2"))
    with only_run_in(run, "label", part="1-of-2"):
        with pytest.raises(UsageError, match="is writing into it"):
            label.run(options(pictures, run, "1/2"))
        with pytest.raises(UsageError, match="is writing into it"):
            merge.run(Merge(run))
        label.run(options(pictures, run, "0/2"))
    with only_run_in(run, "label"), pytest.raises(UsageError, match="is writing into it"):
        label.run(options(pictures, run, "0/2"))


def test_the_script_for_slurm_starts_parts_that_merge(pictures, tmp_path):
    stub = tmp_path / "bin" / "attiqa"
    stub.parent.mkdir()
    stub.write_text('#!/bin/bash\nprintf "%s\\0" "$@"\n')
    stub.chmod(0o755)
    subprocess.run(["bash", "-n", SCRIPT], check=True)
    words = ["bash", SCRIPT, pictures, tmp_path / "run", "--teacher", "statistics", "--shard-size", "2"]
    for task in (3, 4):
        task_of = {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_MIN": "3", "SLURM_ARRAY_TASK_COUNT": "2"}
        path = f"{stub.parent}:{os.environ['PATH']}"
        said = subprocess.run(
            words, env={"PATH": path, "SLURM_CPUS_PER_TASK": "1", **task_of}, capture_output=True, check=True
        ).stdout
        verb, *rest = said.decode().rstrip("\0").split("\0")
        assert verb == "label" and f"{task - 3}/2" in rest
        label.run(parse(verb, rest))
    assert merge.run(Merge(tmp_path / "run")).done == "5 photos labelled"
