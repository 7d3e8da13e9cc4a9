"""Streams whose reader goes: output nobody reads ends a command, words to a person that nobody reads do not."""

import subprocess
import sys

import pytest

WORK = """
import pathlib, sys
from experiments import cli
def work(words):
    sys.stdin.read()
    for number in range({lines}):
        print("words" * 20, file=sys.{stream}, flush=True)
    {last}
    pathlib.Path(sys.argv[1]).touch()
    return 0
cli.run_command = work
cli.main()
"""


def done_with_closed(stream, path, last="pass"):
    """Exit code and standard error of a command whose `stream` is closed before it writes there."""
    script = WORK.format(stream=stream, lines=100, last=last)
    process = subprocess.Popen(
        [sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    getattr(process, stream).close()
    process.stdin.close()
    said = b"" if stream == "stderr" else process.stderr.read()
    return process.wait(timeout=20), said


@pytest.mark.slow
def test_a_run_goes_on_when_nobody_reads_its_progress_any_more(tmp_path):
    assert done_with_closed("stderr", tmp_path / "done") == (0, b"") and (tmp_path / "done").exists()


@pytest.mark.slow
def test_head_ends_a_command_without_a_word(tmp_path):
    assert done_with_closed("stdout", tmp_path / "done") == (0, b"") and not (tmp_path / "done").exists()


@pytest.mark.slow
def test_a_broken_pipe_of_something_else_is_no_success(tmp_path):
    script = "import sys; from experiments import cli\ndef f(w): raise BrokenPipeError\ncli.run_command = f; cli.main()"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 1 and "BrokenPipeError" in ended.stderr
