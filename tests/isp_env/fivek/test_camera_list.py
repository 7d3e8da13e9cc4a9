"""cameras.csv keeps what was asked once, and is read whatever became of it."""

import pytest
from fixtures.fivek_files import NAMES

from isp_env.fivek.camera_list import NAME, Head, read_cameras, write_cameras


def test_cameras_are_kept_and_read_back(tmp_path):
    heads = {2: Head("Canon EOS 5D", 10), 700: Head("", None)}
    write_cameras(tmp_path, NAMES, heads)
    assert read_cameras(tmp_path) == heads
    assert (tmp_path / "cameras.csv").read_text().splitlines()[1] == "2,a0002-dgw_005,Canon EOS 5D,10"


@pytest.mark.parametrize("line", ["²,x,A,1", "5001,x,A,1", ",x,A,1", "9" * 5000 + ",x,A,1", "x", "1," + "y" * 200_000])
def test_lines_that_are_none_count_for_nothing(tmp_path, line):
    write_cameras(tmp_path, NAMES, {2: Head("Canon EOS 5D", 10)})
    with (tmp_path / NAME).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    assert read_cameras(tmp_path) == {2: Head("Canon EOS 5D", 10)}


def test_without_the_file_nothing_is_known(tmp_path):
    assert read_cameras(tmp_path) == {}
