import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from attiqa_core.errors import InputError
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import GOPRO_CALIBRATION
from isp_env.raw_io.decoding import sandbox
from isp_env.raw_io.decoding.sandbox import Limits, read_contents
from isp_env.raw_io.dng import write_dng

pytestmark = pytest.mark.slow

PLANTED = """
import os, sys, time
import numpy
from isp_env.raw_io.decoding import child

real = child.decode

def planted(path):
    match path.stem:
        case "crash":
            os.abort()
        case "exit":
            os._exit(3)
        case "hang":
            time.sleep(600)
        case "spin":
            while True: pass
        case "eat":
            return [numpy.ones(1 << 24) for _ in range(1 << 20)]
        case "print":
            os.write(1, b"LibRaw: something corrupted")
        case "killed":
            os.kill(os.getpid(), 9)
        case "killed once":
            mark = path.with_suffix(".mark")
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), 9)
        case "bug":
            return {}["missing"]
    return real(path)

child.decode = planted
child.main()
"""


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A decoder that crashes, hangs, spins and eats memory, each on a file of that name."""
    script = tmp_path / "planted.py"
    script.write_text(PLANTED)
    monkeypatch.setattr(sandbox, "CHILD", (sys.executable, str(script)))
    monkeypatch.setattr(sandbox, "_idle", [])
    yield
    for child in sandbox._idle:
        child.end()


def dng(path):
    samples = np.random.default_rng(2).integers(500, 16000, (64, 96)).astype(np.uint16)
    arguments = {"black_level_dn": (0.0,) * 4, "white_level_dn": 16383, "as_shot_neutral": (0.5, 1.0, 0.6)}
    write_dng(path, samples, "RGGB", calibration=GOPRO_CALIBRATION, **arguments)
    return path


@pytest.mark.parametrize(
    "name,sentence",
    [
        ("crash", "crashed on it .SIGABRT"),
        ("exit", "crashed on it .exit 3"),
        ("hang", "had not ended after 1.5 s"),
        ("spin", "had not ended after 1.5 s"),
        ("eat", "needs more than 2 GiB"),
        ("bug", "cannot be decoded .KeyError"),
        ("killed", "ended from outside .SIGKILL. 2 times, by the system if memory is short"),
    ],
)
def test_a_file_that_kills_the_decoder_is_one_sentence_and_the_next_is_read(planted, tmp_path, name, sentence):
    limits = Limits(seconds=1.5 if name in ("hang", "spin") else 60.0, gib=2.0)
    with pytest.raises(InputError, match=f"{name}.dng: .*{sentence}"):
        read_contents(dng(tmp_path / f"{name}.dng"), limits)
    assert read_contents(dng(tmp_path / "good.dng"), Limits(gib=2.0)).decoded.samples.shape == (64, 96)


def test_a_decoder_that_is_killed_once_costs_no_raw(planted, tmp_path):
    assert read_contents(dng(tmp_path / "killed once.dng")).decoded.cfa == "RGGB"
    assert (tmp_path / "killed once.mark").exists()


def test_a_decoder_that_is_killed_at_its_start_is_started_again(planted, tmp_path, monkeypatch):
    script = tmp_path / "killed_at_first.py"
    script.write_text(
        f"import os\nif not os.path.exists('{tmp_path}/mark'):\n    open('{tmp_path}/mark', 'w')\n    os.kill(os.getpid(), 9)\n{PLANTED}"
    )
    monkeypatch.setattr(sandbox, "CHILD", (sys.executable, str(script)))
    assert read_contents(dng(tmp_path / "good.dng")).decoded.cfa == "RGGB" and (tmp_path / "mark").exists()


def test_what_a_library_prints_does_not_come_among_the_answers(planted, tmp_path):
    assert read_contents(dng(tmp_path / "print.dng")).decoded.cfa == "RGGB"


def test_one_child_serves_file_after_file_and_two_at_once_have_two(planted, tmp_path):
    path = dng(tmp_path / "good.dng")
    read_contents(path), read_contents(path)
    assert len(sandbox._idle) == 1
    readers = [threading.Thread(target=read_contents, args=(path,)) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert 1 <= len(sandbox._idle) <= 2


def test_a_relative_path_is_of_the_folder_where_the_caller_is_now(planted, tmp_path, monkeypatch):
    read_contents(dng(tmp_path / "good.dng"))
    (tmp_path / "elsewhere").mkdir()
    dng(tmp_path / "elsewhere" / "here.dng")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert RawFrame.load("here.dng").path == "here.dng"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_has_children_of_its_own(planted, tmp_path):
    path = dng(tmp_path / "good.dng")
    read_contents(path)
    child = os.fork()
    if not child:
        os._exit(0 if read_contents(path).decoded.cfa == "RGGB" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert read_contents(path).decoded.cfa == "RGGB"


def test_no_more_children_wait_than_are_of_use(planted, tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "MOST_IDLE", 1)
    path = dng(tmp_path / "good.dng")
    readers = [threading.Thread(target=read_contents, args=(path,)) for _ in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(sandbox._idle) == 1


def test_a_child_that_died_while_it_waited_is_replaced_and_forgotten(planted, tmp_path):
    path = dng(tmp_path / "good.dng")
    read_contents(path)
    dead = sandbox._idle[0].process
    dead.kill()
    dead.wait()
    assert read_contents(path).decoded.cfa == "RGGB"
    (alive,) = sandbox._idle
    assert alive.process is not dead and dead.stdin is not None and dead.stdin.closed


def test_nothing_is_left_open_when_the_interpreter_ends(tmp_path):
    path = dng(tmp_path / "good.dng")
    script = f"from isp_env.raw_io.decoding.sandbox import *; print(read_contents(Path({str(path)!r})).decoded.cfa)"
    ended = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", script], capture_output=True, text=True, check=True
    )
    assert (ended.stdout, ended.stderr) == ("RGGB\n", "")


def test_the_child_ends_with_its_parent(planted, tmp_path):
    read_contents(dng(tmp_path / "good.dng"))
    process = sandbox._idle[0].process
    assert process.stdin is not None
    process.stdin.close()
    end = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    assert process.returncode == 0
    sandbox._idle.clear()
