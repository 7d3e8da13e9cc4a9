import errno
import os
import signal
import subprocess
import sys

import pytest
from filelock import FileLock

from attiqa_core.errors import ResourceError
from experiments.study.making import building as module
from experiments.study.making.building import MARK, building, remove_dead

BUILDS_FOR_EVER = """
import sys, time
from pathlib import Path
from experiments.study.making.building import building
with building(Path(sys.argv[1])) as folder:
    (folder / "picture.jpg").write_bytes(b"half")
    print("building", flush=True)
    time.sleep(60)
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_is_there_when_all_went_well_and_nothing_beside_it(tmp_path):
    with building(tmp_path / "new" / "study") as folder:
        (folder / "key").write_text("a")
        assert not (tmp_path / "new" / "study").exists()
    assert names(tmp_path / "new") == ["study"] and names(tmp_path / "new" / "study") == ["key"]


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, ValueError])
def test_whatever_ends_it_leaves_nothing_not_even_the_folders_above(tmp_path, end):
    with pytest.raises(end), building(tmp_path / "new" / "deep" / "study") as folder:
        (folder / "key").write_text("a")
        raise end
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space"), OSError(errno.EDQUOT, "quota"), ResourceError("x")]
)
def test_a_full_disk_is_one_sentence_that_names_the_study(tmp_path, error):
    with pytest.raises(ResourceError, match="study: the disk is full; free some space"), building(tmp_path / "study"):
        raise error
    assert names(tmp_path) == []


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path):
    words = [sys.executable, "-c", BUILDS_FOR_EVER, tmp_path / "study"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "building\n"
        half = names(tmp_path)
        remove_dead(tmp_path)
        assert names(tmp_path) == half and len(half) == 2  # it lives
        os.kill(process.pid, signal.SIGKILL)
    assert names(tmp_path) == half
    with building(tmp_path / "another"):
        pass
    assert names(tmp_path) == ["another"]


def test_a_folder_that_another_process_is_building_is_left_alone(tmp_path):
    mark = tmp_path / f".study.0123abcd{MARK}"
    (tmp_path / ".study.0123abcd").mkdir()
    with FileLock(mark), building(tmp_path / "other"):
        pass
    assert names(tmp_path) == [".study.0123abcd", mark.name, "other"]
    remove_dead(tmp_path)
    assert names(tmp_path) == ["other"]


def test_what_is_hidden_and_not_ours_is_never_removed(tmp_path):
    for name in (".study.0123abcd", ".git", ".attiqa"):
        (tmp_path / name).mkdir()
    remove_dead(tmp_path)
    assert len(names(tmp_path)) == 3


def test_one_whose_mark_was_taken_for_a_dead_ones_begins_anew(tmp_path, monkeypatch):
    held, turns = module._held, []

    def taken_at_first(mark):
        turns.append(mark)
        return None if len(turns) == 1 else held(mark)

    monkeypatch.setattr(module, "_held", taken_at_first)
    with building(tmp_path / "study"):
        pass
    assert len(set(turns)) == 2 and names(tmp_path) == ["study"]
