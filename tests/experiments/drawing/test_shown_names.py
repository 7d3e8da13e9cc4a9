import pytest

from experiments.drawing.shown_names import shown_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("IMG_1.jpg", "IMG_1.jpg"),
        ("two\nlines.dng", r"two\nlines.dng"),
        ("caf\udce9.jpg", "caf\ufffd.jpg"),
        ("right\u202eleft", r"right\u202eleft"),
        ("été à 東京.png", "été à 東京.png"),
    ],
)
def test_a_name_is_shown_on_one_line_as_it_is(name, shown):
    assert shown_name(name) == shown


def test_of_a_long_name_the_middle_is_left_out():
    shown = shown_name("a" * 100 + "_0042.jpg", 20)
    assert len(shown) == 20 and shown.startswith("aaa") and shown.endswith("_0042.jpg")
