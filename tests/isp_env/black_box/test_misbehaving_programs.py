import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from filelock import FileLock
from fixtures.black_boxes import described
from safetensors.numpy import save_file

from attiqa_core.errors import InputError, ResourceError, UsageError
from isp_env.black_box import command_isp
from isp_env.black_box.cache import ContentCache
from isp_env.black_box.command_isp import CommandIsp, Failure, Request
from isp_env.black_box.description import BlackBox
from isp_env.black_box.pictures import read_pixels
from isp_env.black_box.processes import KEPT_BYTES, Processes

WRITES = "import sys\nwith open(sys.argv[2], 'wb') as out:\n    out.write(b'P6 4 2 255\\n' + bytes(24))\n"


@pytest.fixture
def raw(tmp_path) -> Path:
    path = tmp_path / "a.dng"
    path.write_bytes(b"precious")
    return path


def isp_of(folder: Path, program: str = WRITES, **said: str) -> CommandIsp:
    return CommandIsp(BlackBox.load(described(folder, program, **said)), folder / "cache", 1)


def test_a_sidecar_called_as_the_raw_is_in_its_folder_is_not_written_over_the_raw(raw, tmp_path):
    path = described(tmp_path, WRITES)
    path.write_text(path.read_text().replace('"{amount}"', '"{sidecar}"') + '\n[sidecar]\ntemplate = "raw.dng"\n')
    (tmp_path / "raw.dng").write_text("{amount}")
    (picture,) = CommandIsp(BlackBox.load(path), tmp_path / "cache").pictures([Request(raw, {})])
    assert isinstance(picture, torch.Tensor) and raw.read_bytes() == b"precious"


def test_words_without_end_are_heard_and_not_kept(tmp_path):
    ended = Processes().run(["sh", "-c", "echo first; yes middle | head -c 2100000; echo last"], tmp_path, 20)
    assert (ended.code, ended.began, ended.said) == (0, "first", "last")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()] and KEPT_BYTES < 2_100_000


@pytest.mark.slow
def test_a_child_that_leaves_the_group_and_keeps_the_output_open_is_not_waited_for(raw, tmp_path):
    leave, left = tmp_path / "leave", tmp_path / "left"
    child = (
        f"os.setsid()\n    for _ in range(3000):\n        time.sleep(0.01)\n        if os.path.exists({str(leave)!r}): break\n"
        f"    open({str(left)!r}, 'w')\n    os._exit(0)\n"
    )
    leaves = f"import os, time\nif os.fork() == 0:\n    {child}"
    (picture,) = isp_of(tmp_path, leaves + WRITES, timeout_s="30").pictures([Request(raw, {})])
    assert isinstance(picture, torch.Tensor) and not left.exists()
    leave.touch()


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process's files are Linux's")
def test_a_file_that_is_too_large_for_a_picture_is_not_read(raw, tmp_path, monkeypatch):
    monkeypatch.setattr("isp_env.black_box.pictures.MAX_BYTES", 10)
    (failure,) = isp_of(tmp_path).pictures([Request(raw, {})])
    assert isinstance(failure, Failure) and "has 35 bytes, which none needs" in failure.why
    monkeypatch.setattr("isp_env.black_box.processes.MAX_BYTES", 10)
    (failure,) = isp_of(tmp_path).pictures([Request(raw, {})])
    assert isinstance(failure, Failure) and "File too large" in failure.why


def test_a_picture_that_claims_too_many_pixels_is_not_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr("isp_env.black_box.pictures.MAX_PIXELS", 7)
    tifffile.imwrite(tmp_path / "large.tif", np.zeros((2, 4, 3), np.uint8), photometric="rgb")
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (60000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    (tmp_path / "large.png").write_bytes(head)
    for name in ("large.tif", "large.png"):
        with pytest.raises(InputError, match="claims more than 7 pixels"):
            read_pixels(tmp_path / name)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_not_finite_is_a_failure(raw, tmp_path, value):
    (failure,) = isp_of(tmp_path).pictures([Request(raw, {"amount": value})])
    assert isinstance(failure, Failure) and f"amount is {value}, which is no number" in failure.why


def test_a_full_disk_is_not_the_settings_fault(raw, tmp_path, monkeypatch):
    monkeypatch.setattr(command_isp, "LEAST_FREE", 2**70)
    with pytest.raises(ResourceError, match="the disk is full, where programs work"):
        isp_of(tmp_path, "raise SystemExit(1)").pictures([Request(raw, {})])


def test_a_folder_as_the_raw_is_a_failure(tmp_path):
    (failure,) = isp_of(tmp_path).pictures([Request(tmp_path, {})])
    assert isinstance(failure, Failure) and "cannot read the raw" in failure.why


def test_a_cache_that_cannot_be_written_is_a_mistake_and_no_black_picture(raw, tmp_path):
    isp = isp_of(tmp_path)
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(UsageError, match="name another --isp-cache"):
        isp.pictures([Request(raw, {})])


def test_what_is_kept_and_was_changed_since_is_made_again(tmp_path):
    cache, kept = ContentCache(tmp_path), {"proxy": np.arange(6, dtype=np.uint16).reshape(1, 2, 3)}
    cache.keep("ab", kept, {"raw": "a.dng"})
    (path,) = tmp_path.rglob("*.safetensors")
    whole = path.read_bytes()
    assert np.array_equal((cache.find("ab") or {})["proxy"], kept["proxy"])
    for content in (whole[:-1] + b"\xff", whole[:-3], b""):
        path.write_bytes(content)
        assert cache.find("ab") is None
    save_file({"other": kept["proxy"]}, path)
    assert cache.find("ab") is None
    path.unlink()
    path.mkdir()
    assert cache.find("ab") is None


def test_ctrl_c_ends_the_wait_for_what_another_process_makes(tmp_path):
    cache, stopped = ContentCache(tmp_path), threading.Event()
    (tmp_path / "locks").mkdir()
    threading.Timer(0.05, stopped.set).start()
    with (
        FileLock(tmp_path / "locks" / "ab"),
        pytest.raises(InputError, match="was stopped"),
        cache.making("ab", stopped.is_set),
    ):
        pass
    with cache.making("ab", lambda: False):
        assert (tmp_path / "locks" / "ab").exists()  # the other's lock was left to it


def test_a_version_is_asked_for_within_a_time_and_its_children_end_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr("isp_env.black_box.program.VERSION_TIMEOUT_S", 0.3)
    with pytest.raises(InputError, match="does not say its version within"):
        isp_of(tmp_path, version='["sh", "-c", "yes & sleep 60"]')


def test_a_raw_whose_name_is_no_text_is_a_raw(tmp_path):
    raw = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff <\n'\".dng"))
    try:
        raw.write_bytes(b"raw")
    except OSError:
        pytest.skip("this disk takes no such name")
    (picture,) = isp_of(tmp_path).pictures([Request(raw, {})])
    assert isinstance(picture, torch.Tensor)
