"""The own split: whole bursts on one side, cameras held out, the same every time."""

import pytest
from fixtures.fivek_files import NAMES, tiff_header, write_archive

from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.own_split import own_split
from isp_env.fivek.splits import PARTS, check_parts

TIMES = {1: "12:00:00", 2: "12:00:30", 700: "12:01:20", 701: "15:00:00", 4501: "16:00:00", 4502: "17:00:00"}


@pytest.fixture
def folder(tmp_path):
    """Three of one burst, and three scenes more, one of them by another camera."""
    for number, time in TIMES.items():
        camera = ("LEICA CAMERA AG", "M8") if number == 4502 else ("Canon", "Canon EOS 5D")
        write_archive(tmp_path, (number,), tiff_header(camera, f"2007:06:28 {time}"))
    return FiveKFolder.open(tmp_path)


def test_a_burst_is_on_one_side_whatever_the_seed(folder):
    for seed in range(20):
        split = own_split(folder, shares={"validation": 0.25, "test": 0.25}, seed=seed)
        check_parts(split)
        assert sorted(number for part in PARTS for number in split.sides[part]) == sorted(NAMES)
        assert sum(bool({1, 2, 700} & {*split.sides[part]}) for part in PARTS) == 1


def test_it_is_the_same_again_and_another_with_another_seed(folder):
    again = FiveKFolder.open(folder.path)
    assert own_split(folder).sha256 == own_split(again).sha256
    assert len({own_split(folder, seed=seed).sha256 for seed in range(8)}) > 1


def test_a_held_out_camera_is_the_whole_test_side(folder):
    split = own_split(folder, ["M8"])
    assert split.sides["test"] == (4502,)
    assert "all of LEICA M8 for test" in split.rule and "4 scenes" not in split.rule
    assert {*split.sides["train"], *split.sides["validation"]} == {1, 2, 700, 701, 4501}
    assert split.sides["validation"]
