import pytest

from experiments.study.intervals.wilson import Interval
from experiments.study.scale.bradley_terry import Pair, Scale, Strength
from experiments.study.scale.matrix import Cell
from experiments.study.scale.sentences import sentences, table, verdict


def pair(low, high, p_value, p_holm, first="tuned", second="expert"):
    return Pair(first, second, (low + high) / 2, Interval(low, high), p_value, p_holm)


@pytest.mark.parametrize(
    ("low", "high", "p_value", "p_holm", "said"),
    [
        (0.52, 0.64, 0.01, 0.03, "tuned is preferred to expert: 58.0 % (95 %: 52.0 to 64.0)"),
        (0.36, 0.48, 0.01, 0.03, "expert is preferred to tuned: 58.0 % (95 %: 52.0 to 64.0)"),
        (0.46, 0.60, 0.4, 0.4, "no clear preference between tuned and expert: 53.0 % (95 %: 46.0 to 60.0)"),
        (0.51, 0.61, 0.03, 0.09, "clear alone, not among 3 tests (p = 0.09 after Holm)"),
    ],
)
def test_a_verdict_claims_what_its_interval_and_all_tests_together_allow(low, high, p_value, p_holm, said):
    assert said in verdict(pair(low, high, p_value, p_holm), 3)


def scale(clustered="sandwich", **changes):
    strengths = (
        Strength("tuned", 0.2, Interval(0.1, 0.3), (1, 1)),
        Strength("expert", -0.2, Interval(-0.3, -0.1), (2, 2)),
    )
    said = {"left_out": {}, "clustered": clustered, "votes": 90, "raters": 9, "scenes": 10, "between": 0.0}
    return Scale(strengths, (pair(0.55, 0.65, 0.001, 0.001),), **{**said, **changes})


def test_what_the_intervals_hold_for_is_said():
    assert "other raters and other scenes" in sentences(scale())[1]
    assert "these raters only" in sentences(scale("these raters only"))[1]


def test_ties_arms_left_out_and_votes_that_no_scale_fits_are_said():
    said = sentences(scale(between=0.2, left_out={"default": "default never won"}), gap=0.17)
    assert any("20% of votes were ties" in each for each in said)
    assert any("by up to 17 points" in each for each in said)
    assert said[-1] == "default never won"


def test_the_table_has_both_sides_of_every_pair_and_no_infinite_number():
    cells = (
        Cell("tuned", "expert", 30, 0.6, Interval(0.5, 0.7), "sandwich"),
        Cell("tuned", "default", 9, 1.0, Interval(0.7, 1), "by vote"),
    )
    text = table(scale(left_out={"default": "default never won"}), cells)
    assert "60 (50-70)" in text and "40 (30-50)" in text and "0 (0-30)" in text
    assert "inf" not in text and "nan" not in text
    assert text.splitlines()[1].split() == ["tuned", "+0.20", "+0.10", "to", "+0.30", "1"]


def test_without_a_scale_that_is_the_first_thing_said():
    empty = Scale((), (), {"b": "b never won over a"}, "by vote", 9, 3, 3, 0.0)
    assert table(empty, ()).startswith("no scale")
