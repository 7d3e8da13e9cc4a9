import multiprocessing
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from fixtures.black_boxes import BLOCKS, dark_raws, described

from attiqa_core.errors import InputError
from isp_env.black_box.command_isp import CommandIsp, Failure, Request
from isp_env.black_box.description import BlackBox

GREY = """import sys
raw, out, amount = sys.argv[1:]
open(r"{log}", "a").write(amount + "\\n")
open(out, "wb").write(b"P6 4 2 255\\n" + bytes([round(255 * float(amount))] * 24))
"""


@pytest.fixture
def raw(tmp_path) -> Path:
    path = tmp_path / "a raw.dng"
    path.write_bytes(b"raw")
    return path


@pytest.fixture
def make(tmp_path, raw):
    """Return a CommandIsp of a few lines of Python."""

    def made(program: str, jobs: int = 2, **said: str) -> CommandIsp:
        text = program.replace("{log}", str(tmp_path / "log"))
        return CommandIsp(BlackBox.load(described(tmp_path, text, **said)), tmp_path / "cache", jobs)

    return made


def log_of(tmp_path) -> list[str]:
    return (tmp_path / "log").read_text().split()


def test_pictures_come_back_in_order_and_are_made_once(make, raw, tmp_path):
    isp = make(GREY)
    asked = [Request(raw, {"amount": amount}) for amount in (0.2, 1.0, 0.2, 0.0)]
    pictures = isp.pictures(asked)
    assert [round(255 * each.mean().item()) for each in pictures] == [51, 255, 51, 0]
    assert pictures[0].shape == (3, 2, 4) and pictures[0].dtype == torch.float32
    assert sorted(log_of(tmp_path)) == ["0.000", "0.200", "1.000"] and (isp.made, isp.found) == (3, 1)
    again = make(GREY)  # another process's, with the same cache
    assert torch.equal(again.pictures(asked)[1], pictures[1]) and (again.made, again.found) == (0, 4)


@pytest.mark.slow
def test_another_raw_another_text_and_another_program_are_other_pictures(make, raw, tmp_path):
    make(GREY).pictures([Request(raw, {"amount": 0.2}), Request(raw, {"amount": 0.20001})])
    assert log_of(tmp_path) == ["0.200"]
    raw.write_bytes(b"other")
    make(GREY).pictures([Request(raw, {"amount": 0.2})])
    make(GREY + "\n# of another version\n").pictures([Request(raw, {"amount": 0.2})])
    assert log_of(tmp_path) == ["0.200"] * 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print('almost'); raise SystemExit('no lens of that name')", "ended with 1: no lens of that name"),
        ("print('done')", "it wrote no picture: done"),
        ("import sys; open(sys.argv[2], 'wb').write(b'P6 9 9 255\\n12')", "its picture cannot be read"),
        ("import sys; open(sys.argv[2], 'wb').write(b'nonsense')", "its picture cannot be read"),
        ("import os; os.kill(os.getpid(), 9)", "was killed by signal 9, 2 times"),
    ],
)
def test_a_failure_is_one_item_and_says_why(make, raw, program, said):
    good, bad = Request(raw, {"amount": 1.0}), Request(raw, {"amount": 0.0})
    whole = GREY.replace("raw, out, amount = sys.argv[1:]", f"raw, out, amount = sys.argv[1:]\nif amount == '0.000':\n    exec({program!r})\n    raise SystemExit")  # fmt: skip
    answers = make(whole).pictures([good, bad, good])
    assert isinstance(answers[0], torch.Tensor) and isinstance(answers[2], torch.Tensor)
    assert isinstance(answers[1], Failure) and said in answers[1].why and str(raw) in answers[1].why


def test_a_missing_raw_is_a_failure_and_a_missing_program_an_error(make, raw, tmp_path):
    (failure,) = make(GREY).pictures([Request(tmp_path / "no.dng", {})])
    assert isinstance(failure, Failure) and "cannot read the raw" in failure.why
    box = described(tmp_path, "")
    box.write_text(box.read_text().replace("{python}", "no-such-program"))
    with pytest.raises(InputError, match="there is no program 'no-such-program'"):
        CommandIsp(BlackBox.load(box), tmp_path / "cache")


def test_a_program_that_is_killed_before_it_says_its_version_is_not_blamed_for_its_silence(make):
    with pytest.raises(InputError, match="was killed by signal 9 before it said its version"):
        make(GREY, version='["{python}", "-I", "-S", "-c", "import os; os.kill(os.getpid(), 9)"]')


@pytest.mark.slow
def test_a_program_that_hangs_is_killed_with_its_children(make, raw, tmp_path):
    hangs = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-ISc', 'import time; time.sleep(60)'])\n"
        "open(r'{log}', 'w').write(str(child.pid)); print('thinking', file=sys.stderr, flush=True)\ntime.sleep(60)\n"
    )
    (failure,) = make(hangs, timeout_s="0.5").pictures([Request(raw, {})])
    assert isinstance(failure, Failure) and failure.why.endswith("had not ended after 0.5 s: thinking")
    assert not _lives(int(log_of(tmp_path)[0]))


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process's memory are Linux's")
def test_a_program_that_takes_too_much_memory_is_a_failure(make, raw):
    greedy = "import time\ntime.sleep(0.1)\nx = bytearray(2**30)\n"
    (failure,) = make(greedy, memory_mb="300").pictures([Request(raw, {})])
    assert isinstance(failure, Failure) and "MemoryError" in failure.why


@pytest.mark.slow
def test_killing_its_programs_at_random_loses_no_picture(make, raw, tmp_path):
    first_dies = GREY + "import os\n"
    dies = "import os, sys, zlib\nmark = r'{log}' + sys.argv[3]\nif zlib.crc32(mark.encode()) % 2 and not os.path.exists(mark):\n    open(mark, 'w').close()\n    os.kill(os.getpid(), 9)\n"
    amounts = [index / 8 for index in range(8)]
    answers = make(dies + first_dies).pictures([Request(raw, {"amount": amount}) for amount in amounts])
    assert [round(255 * each.mean().item()) for each in answers] == [round(255 * amount) for amount in amounts]
    assert any(path.name.startswith("log0") for path in tmp_path.iterdir())  # some were killed indeed


@pytest.mark.slow
def test_a_killed_run_goes_on_and_no_picture_is_made_twice(make, raw, tmp_path):
    isp = make(GREY.replace("import sys", "import sys, time; time.sleep(0.03)"))
    asked = [Request(raw, {"amount": index / 20}) for index in range(20)]
    first = multiprocessing.get_context("fork").Process(target=isp.pictures, args=(asked,))
    first.start()
    while not (tmp_path / "log").is_file() or len(log_of(tmp_path)) < 5:
        time.sleep(0.01)
    first.kill()
    first.join()
    time.sleep(0.1)  # what it had begun ends by itself
    answers = isp.pictures(asked)
    assert [round(20 * each.mean().item()) for each in answers] == list(range(20))
    assert isp.found >= 3
    begun = Counter(log_of(tmp_path))
    assert len(begun) == 20 and sum(begun.values()) <= 22  # what two jobs were at is all that is made again


@pytest.fixture
def heard():
    """Ctrl-C is heard, also where the tests run in the background of a shell, which lets them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_ctrl_c_ends_the_programs_that_run(make, raw, tmp_path):
    sleeps = "import os, time\nopen(r'{log}', 'a').write(f'{os.getpid()}\\n')\ntime.sleep(60)\n"
    isp = make(sleeps, jobs=1)

    def interrupt() -> None:
        while not (tmp_path / "log").is_file() or not log_of(tmp_path):
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        isp.pictures([Request(raw, {"amount": amount}) for amount in (0.1, 0.2, 0.3)])
    assert len(log_of(tmp_path)) == 1 and not _lives(int(log_of(tmp_path)[0]))


@pytest.mark.slow
def test_two_that_share_a_cache_make_each_picture_once(make, raw, tmp_path):
    isps, answers = [make(GREY), make(GREY)], {}
    asked = [Request(raw, {"amount": index / 6}) for index in range(6)]
    threads = [threading.Thread(target=lambda at=at: answers.update({at: isps[at].pictures(asked)})) for at in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert isps[0].made + isps[1].made == 6 == len(log_of(tmp_path))
    assert all(torch.equal(*pair) for pair in zip(answers[0], answers[1], strict=True))


def test_16_bits_are_kept_and_nan_is_refused(make, raw, tmp_path):
    pixels = np.arange(24, dtype=np.uint16).reshape(2, 4, 3) * 2000
    tifffile.imwrite(tmp_path / "16.tif", pixels, photometric="rgb")
    tifffile.imwrite(tmp_path / "nan.tif", np.full((2, 4, 3), np.nan, np.float32), photometric="rgb")
    copies = f"import shutil, sys\nshutil.copy(r'{tmp_path}/' + ('16.tif' if float(sys.argv[3]) else 'nan.tif'), sys.argv[2])\n"
    picture, failure = make(copies).pictures([Request(raw, {"amount": 1.0}), Request(raw, {"amount": 0.0})])
    assert torch.equal((picture * 65535).round().permute(1, 2, 0), torch.from_numpy(pixels.astype(np.float32)))
    assert isinstance(failure, Failure) and "holds NaN" in failure.why


@pytest.mark.slow
def test_the_example_reads_raws_and_its_exposure_is_in_stops(tmp_path):
    (raw,) = dark_raws(tmp_path, [-2.0])
    isp = CommandIsp(BlackBox.load(BLOCKS), tmp_path / "cache")
    plain, brighter = isp.pictures([Request(raw, {}), Request(raw, {"exposure_ev": 1.0})])
    assert plain.shape == (3, 48, 48)
    assert (brighter.mean() ** 2.2 / plain.mean() ** 2.2).log2() == pytest.approx(1, abs=0.15)


def _lives(pid: int) -> bool:
    """Whether a process runs still; one that ended and that nobody asked about does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
