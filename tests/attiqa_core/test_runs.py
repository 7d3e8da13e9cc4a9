import errno
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from attiqa_core import runs
from attiqa_core.errors import InputError, ResourceError, UsageError
from attiqa_core.files import read_json, replacing, sha256, write_json
from attiqa_core.runs import append_metrics
from attiqa_core.tensor_files import load_tensors, save_tensors


def test_a_failed_write_leaves_the_former_file_and_no_litter(tmp_path):
    path = tmp_path / "kept.json"
    write_json(path, {"a": 1})
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_a_resource_error_and_nothing_is_lost(tmp_path):
    path = tmp_path / "kept.json"
    write_json(path, 1)
    with pytest.raises(ResourceError, match="disk is full"), replacing(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert read_json(path) == 1


def test_nan_is_not_written_as_json(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "nan.json", float("nan"))


def test_a_metric_that_is_not_finite_is_null_in_the_run_folder(tmp_path):
    append_metrics(tmp_path, {"epoch": 1, "loss": float("nan"), "accuracy": {"a": [float("inf"), 0.5]}})
    line = (tmp_path / "metrics.jsonl").read_text()
    assert "NaN" not in line and json.loads(line) == {"epoch": 1, "loss": None, "accuracy": {"a": [None, 0.5]}}


def test_tensors_come_back_and_a_flipped_bit_is_refused(tmp_path):
    path = tmp_path / "t.safetensors"
    save_tensors(path, {"a": torch.arange(5.0)})
    digest = sha256(path)
    assert torch.equal(load_tensors(path, digest)["a"], torch.arange(5.0))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="SHA-256"):
        load_tensors(path, digest)
    path.write_bytes(content[:20])
    with pytest.raises(InputError, match="not a whole safetensors"):
        load_tensors(path)


@dataclass(frozen=True)
class Options:
    name: str = 'a "quoted" name'
    rate: float = 1e-4
    paths: tuple[Path, ...] = (Path("x"), Path("y"))
    flag: bool = True
    nothing: None = None


def test_a_run_folder_records_its_options_and_origin(tmp_path):
    import tomllib

    folder = runs.new_run(tmp_path / "run", Options(), seed=3, inputs={"photos": "2"})
    stored = tomllib.loads((folder / "config.toml").read_text())
    assert stored == {"name": 'a "quoted" name', "rate": 1e-4, "paths": ["x", "y"], "flag": True}
    meta = read_json(folder / "meta.json")
    assert meta["seed"] == 3 and meta["inputs"] == {"photos": "2"} and meta["versions"]["torch"]


def test_a_folder_with_files_is_not_written_into(tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(UsageError, match="already holds files"):
        runs.new_run(tmp_path, Options(), seed=0)


def test_a_missing_cuda_device_is_a_usage_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="no CUDA device"):
        runs.pick_device("cuda")
    assert runs.pick_device("auto").type == "cpu"


class Clock:
    """A time that only moves when it is told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("tqdm.std.time", clock)
    return clock


def test_progress_into_a_file_is_a_line_at_once_one_each_half_minute_and_one_at_the_end(clock, capsys):
    for _ in runs.progress(range(100), label="label", unit="photo"):
        clock.now += 1.0
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "label: 0 of 100 photos after 00:00, ?photo/s, ? left",
        "label: 30 of 100 photos after 00:30, 1.00photo/s, 01:10 left",
        "label: 60 of 100 photos after 01:00, 1.00photo/s, 00:40 left",
        "label: 90 of 100 photos after 01:30, 1.00photo/s, 00:10 left",
        "label: 100 of 100 photos after 01:40, 1.00photo/s, 00:00 left",
    ]


def test_a_resumed_progress_counts_what_was_done_before_and_says_what_was_measured(clock, capsys):
    with runs.progress(total=4, done=2, label="train", unit="step") as bar:
        clock.now += 60.0
        bar.set_postfix(loss="0.5", refresh=False)
        bar.update()
    assert (
        capsys.readouterr().err.splitlines()[1] == "train: 3 of 4 steps after 01:00, 60.00s/step, 01:00 left, loss=0.5"
    )


def test_progress_at_a_terminal_is_one_bar_and_hidden_it_is_nothing(clock, capsys, monkeypatch):
    monkeypatch.setattr(runs.sys.stderr, "isatty", lambda: True, raising=False)
    for _ in runs.progress(range(3), label="score", unit="image"):
        clock.now += 1.0
    drawn = capsys.readouterr().err
    assert drawn.startswith("\rscore:   0%|") and drawn.count("\n") == 1 and "3/3" in drawn
    assert list(runs.progress(range(3), label="score", unit="image", hidden=True)) == [0, 1, 2]
    assert capsys.readouterr().err == ""
