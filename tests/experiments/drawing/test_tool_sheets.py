import pytest

from experiments.drawing.tool_sheets import shown_of


@pytest.mark.parametrize(
    ("pictures", "titles"),
    [(1, "best"), (2, "best worst"), (3, "best median worst"), (6, "best best median median worst worst")],
)
def test_a_sheet_of_few_pictures_shows_each_once_under_its_own_title(pictures, titles):
    assert " ".join(shown_of(range(pictures)).values()) == titles


def test_a_sheet_of_many_pictures_shows_three_of_each():
    assert [*shown_of(range(98))] == [0, 1, 2, 48, 49, 50, 95, 96, 97]
