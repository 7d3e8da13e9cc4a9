"""What errors mean: each in the words of the library that says it, most of them provoked."""

import errno
import os
import sqlite3
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors import SafetensorError

from attiqa_core.errors import InputError, ResourceError, UsageError
from attiqa_core.machine import lacks
from attiqa_core.machine.lacks import CURES, lack_of, refuse_lack, sentence_of


def provoked(work) -> BaseException:
    with pytest.raises(Exception) as caught:
        work()
    return caught.value


def torch_asked_for_too_much():
    torch.empty(1 << 60, dtype=torch.uint8)


def numpy_asked_for_too_much():
    np.empty(1 << 60, np.uint8)


def full_database():
    store = sqlite3.connect(":memory:")
    store.execute("PRAGMA max_page_count=2")
    store.execute("CREATE TABLE t (x)")
    store.execute("INSERT INTO t VALUES (zeroblob(100000))")


@pytest.mark.parametrize(
    ("work", "lack"),
    [(torch_asked_for_too_much, "memory"), (numpy_asked_for_too_much, "memory"), (full_database, "disk")],
)
def test_what_libraries_raise_here_is_understood(work, lack):
    assert lack_of(provoked(work)) == lack


def number(code: int, name: str | None = None) -> OSError:
    return OSError(code, os.strerror(code), name)


@pytest.mark.parametrize(
    ("error", "lack"),
    [
        (MemoryError(), "memory"),
        (number(errno.ENOMEM), "memory"),
        (RuntimeError("std::bad_alloc"), "memory"),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: not enough memory: you tried"),
            "memory",
        ),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"), "GPU memory"),
        (RuntimeError("CUDA error: out of memory"), "GPU memory"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), "GPU memory"),
        (number(errno.ENOSPC), "disk"),
        (OSError("1000000 requested and 4096 written"), "disk"),
        (SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"), "disk"),
        (number(errno.EDQUOT), "quota"),
        (number(errno.EFBIG), "file size"),
        (SafetensorError("Error while serializing: I/O error: File too large (os error 27)"), "file size"),
        (number(errno.EMFILE), "open files"),
        (number(errno.ENFILE), "open files"),
        (number(errno.EAGAIN), "processes"),
        (RuntimeError("can't start new thread"), "processes"),
        (RuntimeError("unable to write to file </torch_12_34_0>: No space left on device (28)"), "shared memory"),
        (
            RuntimeError("DataLoader worker (pid 7) is killed by signal: Bus error. It is possible that"),
            "shared memory",
        ),
        (number(errno.EIO), "device"),
    ],
)
def test_the_words_of_each_library_mean_what_is_missing(error, lack):
    assert lack_of(error) == lack
    assert sentence_of(error).endswith(CURES[lack])


@pytest.mark.parametrize(
    "error",
    [
        InputError("a.jpg: says 'No space left on device' in its description"),
        UsageError("--out: out of memory"),
        KeyError("out of memory"),
        RuntimeError("size mismatch for weight"),
        number(errno.ENOENT, "gone"),
        BlockingIOError(errno.EAGAIN, "write could not complete without blocking"),
    ],
)
def test_no_other_error_is_taken_for_a_lack(error):
    assert lack_of(error) is None
    refuse_lack(error)


def test_a_lack_is_found_behind_the_error_that_hides_it():
    def hidden():
        try:
            raise number(errno.EMFILE, "photo.jpg")
        except OSError as error:
            raise InputError("photo.jpg: cannot be read") from error

    error = provoked(hidden)
    assert lack_of(error) == "open files" and sentence_of(error).startswith("photo.jpg: too many open files")
    with pytest.raises(ResourceError, match="ulimit -n"):
        refuse_lack(error)


def test_a_disk_without_inodes_says_so_and_a_full_one_has_no_room(monkeypatch, tmp_path):
    about = {"f_files": 10, "f_favail": 0, "f_bavail": 500, "f_frsize": 4096}
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(**about))
    assert "no free inodes" in sentence_of(number(errno.ENOSPC, str(tmp_path / "a")))
    assert lacks.without_room(tmp_path / "not" / "there")
    about |= {"f_favail": 5, "f_bavail": 0}
    assert "the disk is full" in sentence_of(number(errno.ENOSPC, str(tmp_path / "a")))
    assert lacks.without_room(tmp_path)
    about |= {"f_bavail": 500}
    assert not lacks.without_room(tmp_path)


def test_no_temporary_folder_where_files_may_have_no_bytes_is_a_limit_of_files(monkeypatch):
    error = FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")
    assert lack_of(error) is None
    monkeypatch.setattr(lacks.resource, "getrlimit", lambda which: (0, 0))
    assert lack_of(error) == "file size" and "ulimit -f" in sentence_of(error)
