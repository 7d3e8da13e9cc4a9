"""What each verb writes is its own while it runs: over all verbs, so that a new one cannot forget it."""

import dataclasses
import importlib
import json
import signal
import subprocess
import sys
import typing
from pathlib import Path
from types import SimpleNamespace

import pytest

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.runs.lock import PRIVATE, only_run_in, only_writer_of
from attiqa_core.runs.state import state_of
from experiments.cli import VERBS, module_of
from experiments.running.begun import begun, refuse_busy_places
from experiments.running.written_places import SHARED, files_of, folders_of_runs

READ = {
    *(
        "images",
        "sweep",
        "a",
        "b",
        "raws",
        "raw",
        "photos",
        "pictures",
        "paths",
        "policy",
        "run",
        "runs",
        "sweep",
        "evaluation",
        "before",
    ),
    *("clip_model", "validate", "validation", "labels", "rated", "params", "prompts", "fivek", "catalogue", "results"),
    *(
        "study",
        "protocol",
        "folders",
        "gold_from",
        "votes",
        "votes_images",
        "files",
        "recruitment",
        "recipes",
        "isp",
        "fits",
    ),
    *("reference", "start", "sensor", "dcp", "contexts", "benchmark", "lens_file", "test_on", "fivek_dir", "targets"),
    *(
        "inputs",
        "data",
        "task1",
        "task2",
        "adjectives",
        "exclude_test",
        "qualiclip",
        "scores",
        "pretrained",
        "pristine",
    ),
    "split_file",
}
"""Options that name what is only read."""

WRITES = {
    ("evaluate-fivek", "study"),
    ("fivek get", "folder"),
    ("audit", "run"),
}
"""Written in spite of their names."""

ELSEWHERE = {
    ("recipe", "out"): "small files, each a whole one, into what may be a folder of photos",
    ("render", "out"): "the run takes the lock itself, once for each folder",
    ("gate", "out"): "files of a scorer's folder",
}


def paths_of(verb):
    """Every option of a verb that is a path, also in its groups."""

    def found(options):
        hints = typing.get_type_hints(options)
        for each in dataclasses.fields(options):
            if dataclasses.is_dataclass(hints[each.name]):
                yield from found(hints[each.name])
            elif "Path" in str(hints[each.name]):
                yield each.name

    return list(found(importlib.import_module(f"experiments.options.{module_of(verb)}").Config))


def config_of(verb, folder):
    """A stand-in for a verb's options in which every path leads below a folder."""
    options = importlib.import_module(f"experiments.options.{module_of(verb)}").Config
    names = {each.name: None for each in dataclasses.fields(options)}
    names |= {name: folder / name for name in paths_of(verb)} | {"page": folder / "out", "folder": folder / "folder"}
    return SimpleNamespace(**names)


@pytest.mark.parametrize("verb", VERBS)
def test_every_path_that_is_no_input_is_the_verbs_own_or_shared_on_purpose(verb, tmp_path):
    config = config_of(verb, tmp_path)
    own = {path.name for path in folders_of_runs(verb, config)} | {path.name for _, path in files_of(verb, config)}
    for name in paths_of(verb):
        written = (verb, name) in WRITES or name not in READ
        if written and name not in SHARED and (verb, name) not in ELSEWHERE:
            assert name in own or (verb == "study analyse" and "folder" in own), f"{name}: name it in written_places"


@pytest.mark.parametrize("verb", VERBS)
def test_whoever_has_a_place_is_named_and_nothing_is_changed(verb, tmp_path):
    config = config_of(verb, tmp_path)
    for place in folders_of_runs(verb, config):
        with only_run_in(place, verb):
            for refused in (lambda: refuse_busy_places(verb, config), begun(verb, config).__enter__):
                with pytest.raises(UsageError, match=rf"another `attiqa {verb}` \(process \d+ on .+ since 2"):
                    refused()
    for option, place in files_of(verb, config):
        with only_writer_of(place, verb), pytest.raises(UsageError, match=f"name another place with {option}"):
            begun(verb, config).__enter__()
    with begun(verb, config):
        pass


def run_of(folder, **more):
    return SimpleNamespace(out=folder / "run", resume=True, **more)


def test_a_killed_run_frees_its_folder_and_its_half_written_files_go_with_the_next_one(tmp_path, capsys):
    script = """
import pathlib, sys, time
from types import SimpleNamespace
from attiqa_core.files.whole import replacing
from experiments.running.begun import begun
out = pathlib.Path(sys.argv[1])
with begun("pretrain", SimpleNamespace(out=out, resume=True)), replacing(out / "checkpoint.safetensors") as half:
    half.write_text("half")
    print("at work", flush=True)
    time.sleep(60)
"""
    out = tmp_path / "run"
    process = subprocess.Popen([sys.executable, "-c", script, out], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"at work\n"
    (out / ".attiqa-tmp-mine.txt").touch()  # a user's, however unlikely
    with pytest.raises(UsageError, match=f"process {process.pid} on"):
        begun("pretrain", run_of(tmp_path)).__enter__()
    assert len(list(out.glob(".attiqa-tmp-*"))) == 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    with begun("pretrain", run_of(tmp_path)):
        assert [path.name for path in out.glob(".attiqa-tmp-*")] == [".attiqa-tmp-mine.txt"]
    assert "1 half-written files of a run that was killed are removed" in capsys.readouterr().err
    stands = state_of(out)
    assert stands is not None and stands.ended


def test_how_a_run_stands_says_what_to_do_with_its_folder(tmp_path):
    from experiments.options.checks import new_folder

    config = run_of(tmp_path)
    with pytest.raises(RuntimeError), begun("pretrain", config):
        (config.out / "some.txt").touch()
        raise RuntimeError
    with pytest.raises(UsageError, match="an interrupted run of `attiqa pretrain`; go on with --resume"):
        new_folder(config.out)
    with begun("pretrain", config):
        pass
    with pytest.raises(UsageError, match="a finished run of `attiqa pretrain`"):
        new_folder(config.out)
    with pytest.raises(InputError), begun("pretrain", config):
        raise InputError  # other options: the run is as finished as it was
    stands = state_of(config.out)
    assert stands is not None and stands.ended


def test_a_run_of_another_version_or_machine_goes_on_with_a_word_and_of_another_format_not_at_all(tmp_path, capsys):
    config = run_of(tmp_path)
    with pytest.raises(RuntimeError), begun("train", config):
        (config.out / "some.txt").touch()
        raise RuntimeError
    path = config.out / PRIVATE / "run.json"
    text = json.dumps(read_json(path))
    write_json(
        path,
        json.loads(text.replace('"torch": "', '"torch": "0.').replace('"host": "', '"host": "another-')),
        seal=True,
    )
    with begun("train", config):
        pass
    said = capsys.readouterr().err
    assert "was begun with torch 0." in said and "on another-" in said and said.count("\n") == 1
    write_json(path, json.loads(text.replace("attiqa-run/1", "attiqa-run/9")), seal=True)
    with pytest.raises(InputError, match="is not of the format attiqa-run/1"), begun("train", config):
        pass


def test_further_processes_of_torchrun_leave_the_folder_to_the_first(tmp_path, monkeypatch):
    config = run_of(tmp_path)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with begun("pretrain", config):
        monkeypatch.setenv("RANK", "1")
        refuse_busy_places("pretrain", config)
        with begun("pretrain", config):
            pass


def test_a_process_of_torchrun_holds_what_it_writes_where_each_would_write_the_same_run(tmp_path, monkeypatch):
    config = run_of(tmp_path)
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    with begun("finetune", config):
        assert (config.out / PRIVATE / "lock.holder").is_file()
    with begun("pretrain", config):
        assert not (config.out / PRIVATE / "lock.holder").is_file()


def test_a_worker_on_a_part_takes_no_lock_of_the_whole(tmp_path):
    config = run_of(tmp_path, scaling=SimpleNamespace(shard="0/2", ray=None), cache=None)
    assert folders_of_runs("label", config) == [] and not Path(config.out).exists()
    table = SimpleNamespace(csv=tmp_path / "t.csv", maps=None, scaling=SimpleNamespace(shard="0/2", ray=None))
    assert files_of("score", table) == []
    table.scaling.shard = None
    assert files_of("score", table) == [("--csv", tmp_path / "t.csv")]


def test_somebodys_folder_that_a_command_refuses_is_left_as_it_was(tmp_path):
    config = run_of(tmp_path)
    config.out.mkdir()
    (config.out / "mine.jpg").touch()
    with pytest.raises(InputError), begun("pretrain", config):
        raise InputError
    assert not (config.out / PRIVATE / "run.json").exists()


def test_unfinished_work_in_a_run_that_has_nothing_else_yet_is_kept(tmp_path):
    config = run_of(tmp_path)
    with pytest.raises(KeyboardInterrupt), begun("tools compare", config):
        (config.out / "meta.json").touch()
        (config.out / PRIVATE / "rows").mkdir()
        raise KeyboardInterrupt
    assert (config.out / PRIVATE / "rows").is_dir() and (config.out / "meta.json").is_file()
