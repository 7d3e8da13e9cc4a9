"""Photos by camera, from the heads of their raws."""

import pytest
from fixtures.breaking_server import NAMES, small_tiff
from fixtures.fivek_files import write_file

from attiqa_core.errors import InputError
from experiments.fivek.download.cameras import fetch_heads, of_cameras
from experiments.fivek.download.server import Server
from isp_env.fivek.camera_list import Head


def test_heads_tell_camera_and_size_are_asked_for_once_and_no_more_of_a_file_than_that(fivek, tmp_path):
    failed: list[str] = []
    fivek.plan("img/dng/a0003-NKIM_MG_8178.dng", "page", "page")
    heads = fetch_heads(Server(fivek.url), tmp_path, NAMES, [1, 2, 3], {}, 2, failed.append)
    size = {number: len(fivek.files[f"img/dng/{NAMES[number]}.dng"]) for number in (1, 2)}
    assert heads == {1: Head("NIKON D700", size[1]), 2: Head("Canon EOS 5D", size[2])}
    assert len(failed) == 1 and "a0003" in failed[0] and fivek.headers[-1]["Range"] == "bytes=0-65535"
    asked = fivek.asked.total()
    assert fetch_heads(Server(fivek.url), tmp_path, NAMES, [1, 2, 3], {}, 2, failed.append) == heads
    assert fivek.asked.total() == asked + 1 and len(failed) == 2


def test_a_raw_that_is_here_is_read_here(fivek, tmp_path):
    raw = write_file(tmp_path / "x.dng", small_tiff(0))
    heads = fetch_heads(Server(fivek.url), tmp_path, NAMES, [1], {1: raw}, 2, pytest.fail)
    assert heads == {1: Head("NIKON D700", raw.stat().st_size)} and not fivek.asked


def test_photos_are_found_by_the_words_of_their_cameras_in_their_order():
    heads = {number: Head("Canon EOS 5D" if number % 2 else "NIKON D700", 1) for number in range(1, 9)} | {
        9: Head("", 1)
    }
    assert of_cameras([8, 3, 2, 9, 11], ["d700"], heads) == [8, 2]
    assert of_cameras([8, 3, 2, 9, 11], ["D700", "canon"], heads) == [8, 3, 2]
    with pytest.raises(InputError, match="no raw here is by a camera 'D70'; there are Canon EOS 5D, NIKON D700"):
        of_cameras([8, 3, 2, 9, 11], ["D700", "D70"], heads)
