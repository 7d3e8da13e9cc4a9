"""Runs that end by a signal at any moment, as processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from attiqa_core.files.whole import sha256

RAWS = 30

ENDED = """
import os, pathlib, random, signal, sys, time
from experiments import cli
import experiments.commands.render
from isp_env.native.build import library
library()
random.seed(0)
give_up = time.monotonic() + 60
out = pathlib.Path(sys.argv[1])
sys.argv = ["attiqa", "render", "--out", *sys.argv[1:]]
for number in ([signal.SIGKILL] * 6 + [signal.SIGTERM, signal.SIGINT]):
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job has it ignored
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        cli.main()
    enough = len(list(out.glob("*.jpg"))) + random.randint(1, 2)
    while len(list(out.glob("*.jpg"))) < enough and time.monotonic() < give_up:
        time.sleep(0.002)
    time.sleep(random.uniform(0, 0.02))
    os.kill(child, number)
    print(number.value, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Begins the same run again and again, ends each by a signal when one or two more pictures are there; prints signals and exit codes."""


@pytest.mark.slow
def test_ended_at_any_moment_a_run_leaves_nothing_half_done_and_makes_no_picture_twice(attiqa, write_raw, tmp_path):
    for number in range(RAWS):
        write_raw(tmp_path / "card" / f"{number:02}.dng", number % 3)
    out = tmp_path / "out"
    words = [tmp_path / "card", "--resume", "--no-sheet", "--jobs", "2"]
    command = [sys.executable, "-c", ENDED, str(out), *map(str, words)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    codes = [tuple(map(int, line.split())) for line in said.splitlines()]
    assert len(codes) == 8 and set(codes) <= {(9, -9), (15, 143), (2, 130), (9, 0), (15, 0), (2, 0)}
    assert len(list(out.glob("*.jpg"))) >= 8  # each run went on
    finished = {path: path.stat().st_mtime_ns for path in out.glob("*.recipe.json")}
    check_pictures(out)
    code, text, _ = attiqa("render", *words, "--out", out, "--json")
    *rows, last = map(json.loads, text.splitlines())
    assert (code, len(rows), last["rendered"] + last["finished"]) == (0, RAWS, RAWS)
    assert last["finished"] - len(finished) in (0, 1, 2)  # what a killed run had in flight may be completed
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert len(list(out.glob("*.jpg"))) == len(list(out.glob("*.recipe.json"))) == RAWS
    assert not (out / ".attiqa" / "staging").exists()


@pytest.mark.slow
def test_two_runs_at_once_make_every_picture_once(write_raw, tmp_path):
    for number in range(6):
        write_raw(tmp_path / "card" / f"{number}.dng", number)
    words = ["render", tmp_path / "card", "--out", tmp_path / "out", "--resume", "--no-sheet", "--json"]
    command = [sys.executable, "-m", "experiments.cli", *map(str, words)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate() for process in both]
    made = [json.loads(line) for out, _ in said for line in out.splitlines() if '"seconds"' in line]
    assert len(made) == 6 and {process.returncode for process in both} <= {0, 2}
    assert all(
        process.returncode == 0 or "is writing into it" in err for process, (_, err) in zip(both, said, strict=True)
    )
    check_pictures(tmp_path / "out")


def check_pictures(out: Path) -> None:
    """Check that every recipe has its picture, with the bytes it tells of, and that every picture is whole."""
    for recipe in out.glob("*.recipe.json"):
        told = json.loads(recipe.read_text())["picture"]
        assert sha256(out / told["name"]) == told["sha256"]
    for picture in out.glob("*.jpg"):
        with Image.open(picture) as image:
            image.load()
