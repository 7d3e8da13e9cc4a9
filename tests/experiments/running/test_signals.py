"""Signals as a person, a batch system and a closing terminal send them, to processes of their own."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

WAITING = """
import pathlib, subprocess, sys, time
from experiments import cli
from experiments.running import signals
signals.SAME_S = 0.1
def work(words):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        print(child.pid, flush=True)
        time.sleep(60)
    except KeyboardInterrupt as stopped:
        if {swallowed}:
            raise SystemError("a library made this of it") from stopped
        raise
    finally:
        if {cleans}:
            print("cleaning", flush=True)
            time.sleep(60)
        child.kill()
cli.run_command = work
cli.main()
"""


def waiting(*, cleans=False, swallowed=False, before=()):
    """A command at work, and the number of its child, which has said so."""
    script = WAITING.format(cleans=cleans, swallowed=swallowed)
    process = subprocess.Popen(
        [*before, sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    return process, int(process.stdout.readline())


def is_gone(number):
    """Whether a process has ended, within some seconds."""
    for _ in range(500):
        try:
            with Path(f"/proc/{number}/stat").open(encoding="ascii") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.slow
@pytest.mark.parametrize("swallowed", [False, True])
@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated"), (signal.SIGHUP, 129, "hung up")],
)
def test_each_signal_ends_with_its_code_and_one_sentence(number, code, word, swallowed):
    process, child = waiting(swallowed=swallowed)
    process.send_signal(number)
    _, err = process.communicate(timeout=90)
    assert (process.returncode, err) == (code, f"\nattiqa: {word}; what was finished is kept\n") and is_gone(child)


@pytest.mark.slow
def test_a_second_ctrl_c_while_the_first_is_cleaned_up_ends_at_once_and_leaves_no_child():
    process, child = waiting(cleans=True)
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "cleaning\n"
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        process.send_signal(signal.SIGINT)  # those of the first tenth of a second are the first one, handed on
        time.sleep(0.02)
    _, err = process.communicate(timeout=90)
    assert process.returncode == 130 and "interrupted again; ended at once" in err and is_gone(child)


@pytest.mark.slow
def test_what_nohup_ignores_stays_ignored():
    process, _ = waiting(before=["sh", "-c", 'trap "" HUP INT; exec "$@"', "sh"])
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        process.send_signal(number)
    assert process.wait(timeout=20) == 143
