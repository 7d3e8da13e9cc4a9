import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
from fixtures.study_pictures import write_versions

from experiments.commands.study_export import Config, run
from experiments.study.folder import PICTURES, open_study
from experiments.study.making.spool import open_spool, write_in_name_order

SCENES = [f"shot{index:02d}" for index in range(24)]


@pytest.fixture
def on_tmpfs():
    """A folder on a tmpfs, whose order of files is the order in which they were made."""
    memory = Path("/dev/shm")
    if "tmpfs /dev/shm tmpfs" not in Path("/proc/mounts").read_text():
        pytest.skip("no tmpfs at /dev/shm here")
    with tempfile.TemporaryDirectory(dir=memory, prefix="attiqa-test-") as folder:
        yield Path(folder)


@pytest.fixture
def study(on_tmpfs, tmp_path):
    """A study of 24 scenes in two versions, on a tmpfs."""
    folders = write_versions(tmp_path, ["plain", "tuned"], SCENES)
    run(Config(folders, on_tmpfs / "study", seed=11, training=0))
    return on_tmpfs / "study"


def is_of_names_alone(shown: list[str]) -> bool:
    return shown in (sorted(shown), sorted(shown, reverse=True))


def test_what_is_added_comes_back_and_has_no_name(tmp_path):
    with open_spool(tmp_path) as spool:
        pieces = [spool.add(content) for content in (b"one", b"", b"three")]
        assert [spool.read(piece) for piece in reversed(pieces)] == [b"three", b"", b"one"]
        assert list(tmp_path.iterdir()) == []


def test_pictures_are_written_in_order_of_their_names(tmp_path, monkeypatch):
    opened, real = [], Path.open
    monkeypatch.setattr(Path, "open", lambda path, *words: opened.append(path.name) or real(path, *words))
    with open_spool(tmp_path) as spool:
        pieces = {name: (spool.add(b"\xff\xd8\xff\xd9"), 20) for name in ("c", "a", "d", "b")}
        write_in_name_order(tmp_path / "pictures", pieces, spool)
    assert opened == ["a", "b", "c", "d"]
    assert {path.stat().st_size for path in (tmp_path / "pictures").iterdir()} == {20}


def test_order_of_folder_tar_inodes_and_times_tell_names_alone(study):
    pictures = study / PICTURES
    with os.scandir(pictures) as entries:
        assert is_of_names_alone([entry.name for entry in entries])
    packed = subprocess.run(["tar", "cf", "-", "pictures"], cwd=pictures.parent, capture_output=True, check=True).stdout
    listed = subprocess.run(["tar", "tf", "-"], input=packed, capture_output=True, check=True).stdout.decode().split()
    names = [Path(line).name for line in listed if line.endswith(".jpg")]
    assert len(names) == 48 and is_of_names_alone(names)
    told = {path.name: path.stat() for path in pictures.iterdir()}
    for by in ("st_ino", "st_ctime_ns"):
        assert is_of_names_alone(sorted(sorted(told), key=lambda name: getattr(told[name], by)))
    assert len({status.st_mtime_ns for status in told.values()}) == 1


def test_order_of_names_tells_no_arm(study):
    scenes = open_study(study).scenes.values()
    first = [scene.files["a"] < scene.files["b"] for scene in scenes]
    assert len(first) == 24 and 6 <= sum(first) <= 18
    order = sorted(file for scene in scenes for file in scene.files.values())
    arm_of = {file: arm for scene in scenes for arm, file in scene.files.items()}
    of_a = np.array([arm_of[file] == "a" for file in order])
    assert np.corrcoef(of_a, np.arange(48))[0, 1] ** 2 < 0.1
    assert np.corrcoef(of_a[1:], of_a[:-1])[0, 1] ** 2 < 0.1  # nor do they alternate
