"""`attiqa benchmark` without a policy: what is decoded, drawn and marked."""

import csv
from types import SimpleNamespace

import numpy as np
import pytest

from agents import benchmark
from attiqa_core.errors import UsageError
from attiqa_core.files.whole import read_json
from experiments.commands.benchmark import _shared_task, with_errors
from isp_env.core import Task
from isp_env.raw import RawFrame
from isp_env.raw_io.loading import read_frames


@pytest.mark.slow
def test_a_benchmark_decodes_each_raw_once_however_many_tuners_and_tables(
    succeed, raws, tiny_scorer_folder, tmp_path, monkeypatch
):
    decoded = []
    load = RawFrame.load
    monkeypatch.setattr(RawFrame, "load", lambda path, *own: decoded.append(path) or load(path, *own))
    words = ("--scorer", tiny_scorer_folder, "--judges", "--device", "cpu", "--scene", r"^(s\d)_", "--errors", "2")
    succeed("benchmark", raws, *words, "--tuners", "sobol-2", "cma-3", "--out", tmp_path / "b")
    assert sorted(path.name for path in decoded) == sorted(path.name for path in raws.glob("*.dng"))
    tables = read_json(tmp_path / "b" / "standings.json")["tables"]
    assert [table["standings"][0]["images"] for table in tables.values()] == [4, 8]
    assert all(table["standings"][0]["scenes"] == 2 for table in tables.values())
    drawn = list(csv.DictReader((tmp_path / "b" / "results_errors.csv").open()))
    assert {row["image"] for row in drawn} == {f"s{n // 2}_{n}+{time}" for n in range(4) for time in (1, 2)}
    assert (tmp_path / "b" / "sheet_errors.jpg").is_file()


def test_errors_are_drawn_by_seed_and_name_and_are_a_cameras(raws):
    frames = list(read_frames(sorted(raws.glob("*.dng")), []))
    drawn = list(with_errors(frames, 2, seed=3))
    again = list(with_errors(frames[2:], 2, seed=3))
    assert [frame.name for frame in drawn[:3]] == ["s0_0+1", "s0_0+2", "s0_1+1"]
    assert all(np.array_equal(one.samples, other.samples) for one, other in zip(drawn[4:], again, strict=True))
    assert (
        not np.array_equal(drawn[0].samples, drawn[1].samples)
        and drawn[0].samples.max() <= frames[0].samples.max() * 2**1.0 + 1
    )
    assert len({frame.wb_as_shot for frame in drawn}) == len(drawn)
    assert all(
        frame.baseline_exposure_ev == frames[0].baseline_exposure_ev for frame in drawn[:2]
    )  # the file does not tell


@pytest.mark.slow
def test_the_reward_among_the_held_out_judges_is_marked_by_the_table(succeed, raws, tiny_scorer_folder, tmp_path):
    words = ("--tuners", "sobol-2", "--scorer", tiny_scorer_folder, "--out", tmp_path / "b", "--device", "cpu")
    out = succeed("benchmark", raws, *words, "--judge", "colour-naturalness", "--judges", tiny_scorer_folder)
    (_, verdicts) = (
        row["verdicts"] for row in read_json(tmp_path / "b" / "standings.json")["tables"]["plain"]["standings"]
    )
    assert {name: each["held_out"] for name, each in verdicts.items()} == {"colour-naturalness": True, "tiny": False}
    assert "tiny: what the tuners climbed, NOT held out" in out and "held out: colour-naturalness\n" in out


def test_policies_of_one_benchmark_look_at_the_same_pictures_if_not_with_their_own_eyes():
    def shared(*tasks):
        return _shared_task([SimpleNamespace(policy=SimpleNamespace(task=task, weights=None)) for task in tasks])

    looking = Task(pictures=48, goals=("prior",))
    assert shared() is None
    assert shared(Task(), looking, Task("iterative")) == (looking, None)
    for other in (Task(square=True), Task(pictures=32), Task(crops=1)):
        with pytest.raises(UsageError, match="benchmark them one by one"):
            shared(looking, other)


@pytest.mark.slow
def test_a_benchmark_that_was_ended_goes_on_to_the_same_table_and_asks_no_tuner_twice(
    attiqa, raws, tiny_scorer_folder, tmp_path, monkeypatch
):
    words = ("benchmark", raws, "--scorer", tiny_scorer_folder, "--judges", "--device", "cpu", "--tuners", "sobol-2")
    assert attiqa(*words, "--out", tmp_path / "whole")[0] == 0
    looked_at, tuned, looks, asked = benchmark._looked_at, benchmark._tuned, [], []

    def ended(isp, frame, *more):
        if len(looks) == 3:
            raise KeyboardInterrupt
        looks.append(frame.name)
        return looked_at(isp, frame, *more)

    with monkeypatch.context() as patched:
        patched.setattr(benchmark, "_looked_at", ended)
        assert attiqa(*words, "--out", tmp_path / "cut")[0] == 130
    code, _, err = attiqa(*words, "--out", tmp_path / "cut")
    assert code == 2 and "an interrupted run of `attiqa benchmark`; go on with --resume" in err
    monkeypatch.setattr(
        benchmark, "_tuned", lambda core, tuner, *more: asked.append(tuner.name) or tuned(core, tuner, *more)
    )
    monkeypatch.setattr(
        benchmark, "_looked_at", lambda isp, frame, *more: looks.append(frame.name) or looked_at(isp, frame, *more)
    )
    assert attiqa(*words, "--out", tmp_path / "cut", "--resume")[0] == 0
    assert asked == [] and looks.count(looks[0]) <= 2 and len(set(looks)) == 4
    rows = [
        [{key: value for key, value in row.items() if "second" not in key} for row in csv.DictReader(path.open())]
        for path in (tmp_path / "whole" / "results.csv", tmp_path / "cut" / "results.csv")
    ]
    assert rows[0] == rows[1] and not (tmp_path / "cut" / ".attiqa" / "benchmark").exists()
