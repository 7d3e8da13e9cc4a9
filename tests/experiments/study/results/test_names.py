import pytest

from experiments.study.results.names import rater_name


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
    assert rater_name(same) == "anna"


def test_spaces_count_as_one_and_accents_as_letters():
    assert rater_name("Ann  Lee") == rater_name("ann\u00a0lee") == "ann lee"
    assert rater_name("Zoe\u0301") == rater_name("Zoé") != rater_name("Zoe")


def test_a_name_without_anything_to_see_is_none():
    assert rater_name("\u200b \u3164\t") == ""


def test_a_name_stays_what_it_is_when_it_is_taken_twice():
    for name in ("Anna", "ſtraße", "①", "ﬁ", "İ", "\u0345a"):
        assert rater_name(rater_name(name)) == rater_name(name)
