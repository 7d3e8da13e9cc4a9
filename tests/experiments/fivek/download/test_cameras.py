"""Photos by camera, from the heads of their raws."""

import pytest
from fixtures.breaking_server import NAMES

from experiments.fivek.download.cameras import Head, ask_heads, is_camera, of_cameras, read_cameras, write_cameras
from experiments.fivek.download.server import Server


@pytest.mark.parametrize(
    ("wanted", "camera", "is_it"),
    [("NIKON D700", "NIKON D700", True), ("d700", "NIKON D700", True), ("nikon", "NIKON D700", True),
     ("D70", "NIKON D700", False), ("D70", "NIKON D70s", False), ("5d canon", "Canon EOS 5D", True), ("Canon", "", False)],
)  # fmt: skip
def test_a_camera_is_asked_for_by_whole_words(wanted, camera, is_it):
    assert is_camera(wanted, camera) is is_it


def test_heads_tell_camera_and_size_and_fetch_no_more(fivek):
    failed: list[str] = []
    fivek.plan("img/dng/a0003-NKIM_MG_8178.dng", "page")
    heads = ask_heads(Server(fivek.url), NAMES, [1, 2, 3], 2, failed.append)
    size = {number: len(fivek.files[f"img/dng/{NAMES[number]}.dng"]) for number in (1, 2)}
    assert heads == {1: Head("NIKON D700", size[1]), 2: Head("Canon EOS 5D", size[2])}
    assert len(failed) == 1 and "a0003" in failed[0] and fivek.headers[-1]["Range"] == "bytes=0-65535"


def test_cameras_are_kept_and_read_back(tmp_path):
    heads = {2: Head("Canon EOS 5D", 10), 700: Head("", None)}
    write_cameras(tmp_path, NAMES, heads)
    assert read_cameras(tmp_path) == heads
    assert (tmp_path / "cameras.csv").read_text().splitlines()[1] == "2,a0002-dgw_005,Canon EOS 5D,10"


def test_no_more_heads_are_asked_for_than_the_limit_needs_and_none_twice():
    cameras = {number: "Canon EOS 5D" if number % 2 else "NIKON D700" for number in range(100)}
    asked: list[int] = []

    def ask(numbers):
        asked.extend(numbers)
        return {number: Head(cameras[number], 1) for number in numbers}

    heads = {0: Head("NIKON D700", 1)}
    assert of_cameras(range(100), ["d700"], 6, heads, ask, at_once=8) == [0, 2, 4, 6, 8, 10]
    assert asked == list(range(1, 16)) and len(heads) == 16
    assert of_cameras(range(100), ["d700", "5d"], None, heads, ask, at_once=8) == list(range(100))
    assert asked == list(range(1, 100))
