import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from attiqa_core.errors import UsageError
from attiqa_core.files.whole import read_json
from attiqa_core.runs.folder import new_run


@dataclass(frozen=True)
class Options:
    name: str = 'a "quoted" name'
    rate: float = 1e-4
    paths: tuple[Path, ...] = (Path("x"), Path("y"))
    flag: bool = True
    nothing: None = None


def test_a_run_folder_records_its_options_and_origin(tmp_path):
    folder = new_run(tmp_path / "run", Options(), seed=3, inputs={"photos": "2"})
    stored = tomllib.loads((folder / "config.toml").read_text())
    assert stored == {"name": 'a "quoted" name', "rate": 1e-4, "paths": ["x", "y"], "flag": True}
    meta = read_json(folder / "meta.json")
    assert meta["seed"] == 3 and meta["inputs"] == {"photos": "2"} and meta["versions"]["torch"]


def test_a_folder_with_files_is_not_written_into(tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(UsageError, match="already holds files"):
        new_run(tmp_path, Options(), seed=0)
