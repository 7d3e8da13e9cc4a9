from pathlib import Path

import pytest

from attiqa_core.errors import InputError
from attiqa_core.photos.frames import find_frames, is_pattern


@pytest.fixture
def clip(tmp_path):
    """Frames 1, 2, 9, 10 and 11 of a clip, its still, another clip and a folder, all with like names."""
    names = ["clip_1.png", "clip_2.png", "clip_9.png", "clip_10.png", "clip_11.png"]
    for name in (*names, "clip_x.png", "clip_3.jpg", "clip_[1]_0007.png", "clip_[1]_0008.png", "my clip_4.png"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "clip_5.png").mkdir()
    return tmp_path


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_frames_come_in_the_order_of_their_numbers(clip):
    expected = ["clip_1.png", "clip_2.png", "clip_9.png", "clip_10.png", "clip_11.png"]
    for pattern in ("clip_%d.png", "clip_%04d.png", "clip_%4d.png"):
        assert names(find_frames(clip / pattern)) == expected
    assert names(find_frames(clip / "clip_[0-9]*.png")) == expected


def test_every_second_frame_begins_with_the_first(clip):
    assert names(find_frames(clip / "clip_%d.png", every=2)) == ["clip_1.png", "clip_9.png", "clip_11.png"]


def test_beside_a_number_brackets_stand_for_themselves(clip):
    assert names(find_frames(clip / "clip_[1]_%04d.png")) == ["clip_[1]_0007.png", "clip_[1]_0008.png"]


def test_shell_patterns_reach_into_folders(tmp_path):
    for part in ("b", "a10", "a9"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "f.png").write_bytes(b"")
    found = find_frames(tmp_path / "*" / "f.png")
    assert [path.parent.name for path in found] == ["a9", "a10", "b"]
    assert find_frames(tmp_path / "**" / "f.png") == found


def test_what_is_there_is_no_pattern(clip):
    assert is_pattern(clip / "clip_%04d.png") and is_pattern(clip / "*.png") and is_pattern(clip / "no-such" / "?")
    for path in (clip / "clip_[1]_0007.png", clip / "clip_1.png", clip / "missing.png", clip / "100%.png"):
        assert not is_pattern(path)


def test_a_pattern_without_frames_is_an_error(clip):
    for pattern in ("shot_%04d.png", "*.tif", "clip_5%d.png"):
        with pytest.raises(InputError, match=r"no file is named like this"):
            find_frames(clip / pattern)
