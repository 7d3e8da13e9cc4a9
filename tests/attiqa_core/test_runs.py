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
