import pytest

from experiments.study.results.names import name_as_counted


@pytest.mark.parametrize(
    "same",
    [
        "Anna",
        " anna ",
        "an\u200bna",
        "a\u00adnna",
        "\ufeffanna",
        "ann\u2060a",
        "ａｎｎａ",
        "anna\ufe0f",
        "an\u3164na",
        "\x00anna",
    ],
)
def test_what_cannot_be_seen_makes_no_other_name(same):
    assert name_as_counted(same) == "anna"


def test_spaces_count_as_one_and_accents_as_letters():
    assert name_as_counted("Ann  Lee") == name_as_counted("ann\u00a0lee") == "ann lee"
    assert name_as_counted("Zoe\u0301") == name_as_counted("Zoé") != name_as_counted("Zoe")


def test_a_name_without_anything_to_see_is_none():
    assert name_as_counted("\u200b \u3164\t") == ""


def test_a_name_stays_what_it_is_when_it_is_taken_twice():
    for name in ("Anna", "ſtraße", "①", "ﬁ", "İ", "\u0345a"):
        assert name_as_counted(name_as_counted(name)) == name_as_counted(name)
