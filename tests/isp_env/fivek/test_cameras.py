"""Cameras by the words that people call them by."""

import pytest

from isp_env.fivek.cameras import camera_shares, cameras_named

CAMERAS = ("Canon EOS 5D", "Canon EOS 5D Mark II", "NIKON D70", "NIKON D70s", "NIKON D700", "LEICA M8 Digital Camera")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("5D", {"Canon EOS 5D"}),
        ("eos 5d mark ii", {"Canon EOS 5D Mark II"}),
        ("Canon", {"Canon EOS 5D", "Canon EOS 5D Mark II"}),
        ("D70", {"NIKON D70"}),
        ("leica m8", {"LEICA M8 Digital Camera"}),
        ("D7", set()),
        ("", set()),
    ],
)
def test_a_camera_is_meant_by_the_end_of_its_name_or_by_words_in_it(words, meant):
    assert cameras_named(words, CAMERAS) == meant


def test_shares_are_of_the_photos_whose_camera_is_known():
    cameras = {1: "A", 2: "B", 3: "B", 4: None}
    assert camera_shares((1, 2, 3, 4, 5), cameras) == {"B": pytest.approx(2 / 3), "A": pytest.approx(1 / 3)}
    assert camera_shares((4, 5), cameras) == {}
