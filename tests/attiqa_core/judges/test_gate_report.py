"""What a share of versions says: of those that were asked about, with its interval, and nothing where too few were."""

import json
from dataclasses import replace

import pytest

from attiqa_core.judges.gate_report import FEWEST_ASKED, Case, GateReport
from attiqa_core.judges.gate_table import describe
from attiqa_core.judges.shared_cast import SharedCast

CASE = Case("chroma halved", "finished photo", 98, (), 6 / 98, 0.05, 0.1, None, "cat.png", 0, -0.02)


NO_CAST = SharedCast(0.0, 0.05, 0.02, 0.02)


def report(*cases, cast=NO_CAST):
    return GateReport(cases, 49, 0.01, 0.9, 0.02, cast)


def test_the_interval_is_that_of_clopper_and_pearson():
    """6 of 98: 2.28 % to 12.85 %, by the quantiles of the beta distributions that the two published."""
    low, high = CASE.interval or (0, 0)
    assert (low, high) == pytest.approx((0.02279, 0.12854), abs=1e-4)
    assert replace(CASE, liked=0.0).interval == pytest.approx((0.0, 1 - 0.025 ** (1 / 98)))


@pytest.mark.parametrize(
    ("liked", "asked", "told", "passed"),
    [
        (6 / 98, 98, "cannot be told", False),
        (4 / 98, 98, "cannot be told", True),
        (30 / 98, 98, "fails", False),
        (0.0, 196, "passes", True),
        (0.0, 49, "cannot be told", True),
        (0.0, FEWEST_ASKED - 1, "too few asked", False),
        (None, 0, "too few asked", False),
    ],
)
def test_the_share_decides_and_the_interval_says_how_surely(liked, asked, told, passed):
    case = replace(CASE, liked=liked, asked=asked)
    assert (case.told, case.passed) == (told, passed)


def test_a_trial_with_nothing_to_ask_fails_by_name_is_told_and_has_no_picture():
    none = replace(CASE, asked=0, liked=None, mean_fall=None, worst_photo=None, worst_version=None, worst_fall=None)
    none = replace(none, not_asked=("night.png",) * 5)
    found = report(CASE, none)
    assert found.failures == ["chroma halved"] * 2 and found.doubtful == [CASE]
    assert "nothing to ask" in describe(found) and f"fewer than {FEWEST_ASKED}" in describe(found)
    stored = json.loads(json.dumps(found.to_dict()))["cases"][1]
    assert stored["asked"] == 0 and stored["not_asked"] == ["night.png"] * 5 and stored["interval"] is None


def test_a_failure_that_may_be_chance_is_said_to_be_so():
    told = describe(report(CASE, replace(CASE, name="warm cast", liked=0.5)))
    by_name = {line.split("  ")[0]: line for line in told.splitlines()}
    assert "2.3% to 12.9%" in by_name["chroma halved"] and "FAILS, by chance perhaps" in by_name["chroma halved"]
    assert by_name["warm cast"].endswith("FAILS")


def test_a_cast_that_all_photos_share_is_told_before_the_scorer_is_blamed():
    told = describe(report(CASE, cast=SharedCast(-0.3, 0.3, 0.1, 0.1)))
    assert "these photos are green and yellow themselves" in told
    assert "themselves" not in describe(report(CASE))
    assert report(CASE).to_dict()["shared_cast"] == {"a": 0.0, "b": 0.05, "a_half_width": 0.02, "b_half_width": 0.02}
