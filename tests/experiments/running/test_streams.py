"""What a command says when the machine, not the person or the code, is at fault."""

import errno
import os
from types import SimpleNamespace

import pytest
import torch

from attiqa_core.errors import InputError, ResourceError
from attiqa_core.files.whole import replacing, write_text
from experiments.running import streams
from experiments.running.streams import explain, full_place


def number(code: int, name: str | None = None) -> OSError:
    return OSError(code, os.strerror(code), name)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (MemoryError(), 5, "ask for less at a time: smaller --batch, --threads"),
        (torch.OutOfMemoryError("CUDA out of memory."), 5, "or take --device cpu: smaller --batch, --threads"),
        (number(errno.ENOSPC, "/d/f"), 5, "/d/f: the disk is full; free some space"),
        (number(errno.EDQUOT, "/d/f"), 5, "/d/f: your quota of this disk is used up"),
        (number(errno.EFBIG, "/d/f"), 5, "/d/f: larger than files may be here (ulimit -f"),
        (number(errno.EMFILE, "/d/f"), 5, "/d/f: too many open files; raise the limit (ulimit -n 4096)"),
        (RuntimeError("can't start new thread"), 5, "no further process or thread may be started"),
        (RuntimeError("unable to open shared memory object </torch_1_2>"), 5, "(/dev/shm) is too small"),
        (number(errno.EROFS, "/d/f"), 3, "/d/f: lies on a disk that can only be read; name another folder"),
        (number(errno.EACCES, "/d/f"), 3, "/d/f: permission denied"),
        (number(errno.EPERM), 3, "a file or folder: permission denied"),
        (number(errno.ENOTDIR, "/d/f/sub"), 3, "/d/f/sub: a file stands where a folder is needed"),
        (number(errno.EEXIST, "/d/f"), 3, "/d/f: a file stands where a folder is needed"),
        (number(errno.ENAMETOOLONG, "/d/fff"), 3, "/d/fff: the name is too long for this disk"),
        (number(errno.ELOOP, "/d/f"), 3, "/d/f: cannot be used"),
        (number(errno.EIO), 5, "the disk or share fails"),
        (
            FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp', '/x']"),
            3,
            "/tmp, /x: no temp",
        ),
        (RuntimeError("Could not determine home directory."), 3, "no home folder: set HOME"),
        (ImportError("libtorch_cpu.so: failed to map segment from shared object"), 5, "out of memory"),
    ],
)
def test_a_fault_of_the_machine_is_a_sentence_with_a_cure_and_no_bug(error, code, said, capsys):
    assert explain(error, ["label", "photos"]) == code
    told = capsys.readouterr().err
    assert said in told and "bug" not in told and told.count("\n") == 1


def test_what_hides_behind_a_bad_file_is_told_as_what_it_is_but_a_file_that_asks_for_too_much_is_named(capsys):
    def hidden(cause: BaseException) -> InputError:
        try:
            raise InputError("a.jpg: cannot be read") from cause
        except InputError as error:
            return error

    assert explain(hidden(number(errno.EMFILE))) == 5 and explain(hidden(MemoryError())) == 3
    assert "a.jpg: cannot be read" in capsys.readouterr().err


def test_a_full_disk_that_no_error_names_is_looked_for(monkeypatch, capsys, tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    sizes = {"f_files": 9, "f_favail": 9, "f_frsize": 4096}
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(**sizes, f_bavail=0 if path == full else 999))
    assert full_place(["score", "--csv", str(full / "a.csv")]) == str(full / "a.csv") and full_place(["score"]) is None
    assert explain(number(errno.ENOSPC), ["label", "x", "--out", str(full)]) == 5
    assert f"{full}: the disk is full" in capsys.readouterr().err


def test_options_that_take_less_are_those_of_the_command():
    assert streams.less_at_a_time(["tools", "networks", "x"]) == "smaller --batch, --cache-gb"
    assert streams.less_at_a_time(["render"]) == "smaller --jobs" and streams.less_at_a_time([]) == ""


def test_a_name_that_just_fits_is_written_and_one_that_does_not_is_named(tmp_path):
    write_text(tmp_path / ("n" * 251 + ".txt"), "whole")
    with pytest.raises(OSError, match="too long") as caught, replacing(tmp_path / ("n" * 260 + ".txt")):
        pass
    assert caught.value.filename == str(tmp_path / ("n" * 260 + ".txt"))


@pytest.mark.parametrize("code", [errno.EFBIG, errno.EMFILE, errno.EDQUOT])
def test_what_cannot_be_written_names_the_file_and_leaves_what_was_there(tmp_path, code):
    path = tmp_path / "kept.txt"
    write_text(path, "before")
    with pytest.raises(ResourceError, match=r"kept\.txt: "), replacing(path):
        raise number(code)
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]
