"""Whom to pay by Prolific's rules, and whose votes to use by the study's own."""

from dataclasses import replace

import pytest

from experiments.study.prolific.account import Submission
from experiments.study.prolific.lists import LEAST_REASON, rejection, whom_to_pay, whose_votes, with_checks
from experiments.study.prolific.participants import Participant
from experiments.study.trials import Kind, Trial
from experiments.study.vote import Vote

ONE = Participant("rater-001", "pid1", "study1", "ses1", "complete", None, 10, 10)
DONE = Submission("ses1", "pid1", "AWAITING REVIEW", "CDONE")


def suggested(one: Participant, submission: Submission | None = DONE, minutes: float | None = 12) -> tuple[str, str]:
    rows = whom_to_pay([one], None if submission is None else [submission], "CDONE", minutes)
    assert len(rows) == 1
    return rows[0].suggestion, rows[0].reason


@pytest.mark.parametrize(
    ("changes", "suggestion"),
    [
        ({}, "approve"),
        ({"traps_failed": 5}, "approve"),  # the study's own rules let it pass
        ({"status": "failed-checks", "gold_failed": 9}, "approve"),  # an opinion is no attention check
        ({"status": "failed-checks", "traps_failed": 1}, "approve"),  # one slip is none in a long study
        ({"status": "failed-checks", "traps_failed": 2}, "reject"),
        ({"status": "screened-out", "reason": "screen"}, "ask-to-return"),
        ({"status": "screened-out", "reason": "nothing-left"}, "ask-to-return"),
        ({"status": "withdrawn", "reason": "no-consent"}, "ask-to-return"),
        ({"status": "withdrawn"}, "ask-to-return"),
        ({"status": "started", "answered": 4}, "ask-to-return"),  # handed in before the end
    ],
)
def test_nobody_is_rejected_but_for_failed_attention_checks(changes: dict, suggestion: str):
    assert suggested(replace(ONE, **changes))[0] == suggestion


def test_in_a_short_study_one_failed_check_is_enough():
    slip = replace(ONE, status="failed-checks", traps_failed=1)
    assert [suggested(slip, minutes=minutes)[0] for minutes in (4, 5, None)] == ["reject", "approve", "approve"]


@pytest.mark.parametrize("status", ["APPROVED", "REJECTED", "RETURNED", "SCREENED OUT", "PARTIALLY APPROVED"])
def test_what_has_ended_on_prolific_needs_nothing(status: str):
    assert suggested(ONE, Submission("ses1", "pid1", status))[0] == "nothing"


@pytest.mark.parametrize("traps", [1, 2, 9])
def test_a_reason_is_long_enough_for_prolific(traps: int):
    assert len(rejection(traps)) >= LEAST_REASON


def test_who_was_too_late_for_prolific_but_did_all_is_approved():
    suggestion, reason = suggested(ONE, Submission("ses1", "pid1", "TIMED-OUT"))
    assert suggestion == "approve" and "too late" in reason


def test_who_ran_out_of_time_or_returned_gets_a_share_suggested():
    half = replace(ONE, status="started", answered=5)
    for status in ("TIMED-OUT", "RETURNED"):
        (row,) = whom_to_pay([half], [Submission("ses1", "pid1", status)], "CDONE")
        assert (row.suggestion, row.bonus_share) == ("nothing", 0.5)


def test_a_code_that_is_not_the_one_of_how_it_ended_is_said():
    assert "came back with the code CSCRN" in suggested(ONE, Submission("ses1", "pid1", "AWAITING REVIEW", "CSCRN"))[1]
    assert "the code CDONE before the end: answered 4 of 10" in suggested(replace(ONE, status="started", answered=4))[1]


@pytest.mark.parametrize(
    "submission", [Submission("other", "pid1", "ACTIVE"), Submission("ses1", "somebody", "ACTIVE")]
)
def test_a_made_up_name_is_not_paid_and_its_votes_are_not_used(submission: Submission):
    row = whom_to_pay([ONE], [submission], "CDONE")[0]
    assert row.suggestion == "nothing" and "made-up" in row.reason
    (used,) = whose_votes([ONE], [vote("rater-001")], {}, [submission])
    assert not used.use and "Prolific knows no such submission" in used.reason


def test_without_asking_prolific_nobody_is_called_made_up():
    assert suggested(ONE, None)[0] == "approve" and whose_votes([ONE], [vote("rater-001")], {}, None)[0].use


@pytest.mark.parametrize(
    ("status", "suggestion"),
    [
        ("ACTIVE", "wait"),
        ("RESERVED", "wait"),
        ("TIMED-OUT", "nothing"),
        ("RETURNED", "nothing"),
        ("AWAITING REVIEW", "look"),
    ],
)
def test_a_submission_that_the_store_does_not_know_is_listed(status: str, suggestion: str):
    rows = whom_to_pay([ONE], [DONE, Submission("ses9", "pid9", status, "CDONE")], "CDONE")
    assert [(row.participant, row.rater, row.suggestion) for row in rows] == [
        ("pid1", "rater-001", "approve"),
        ("pid9", "", suggestion),
    ]


def test_who_is_paid_may_be_left_out_of_the_result():
    left_out = {"rater-001": ["max_side_share 0.9, measured 1"]}
    (used,) = whose_votes([ONE], [vote("rater-001"), vote("rater-001", kind="gold", expected="left")], left_out, [DONE])
    assert (used.use, used.votes, used.reason) == (False, 1, "max_side_share 0.9, measured 1")
    assert suggested(ONE)[0] == "approve"


def test_raters_from_elsewhere_have_votes_and_no_participant():
    rows = whose_votes([ONE], [vote("rater-001"), vote("rater-002")], {}, [DONE])
    assert [(row.rater, row.participant, row.use) for row in rows] == [
        ("rater-001", "pid1", True),
        ("rater-002", "", True),
    ]


def test_failed_checks_are_counted_by_kind_and_skipped_ones_are_none():
    votes = [vote("rater-001", kind="trap", expected="right"), vote("rater-001", kind="trap", expected="left"),
             vote("rater-001", kind="gold", expected="right"), vote("rater-002", kind="trap", expected="right"),
             vote("rater-001", "skipped", kind="trap", expected="right")]  # fmt: skip
    (one,) = with_checks([ONE], votes)
    assert (one.traps_failed, one.gold_failed) == (1, 1)


def vote(rater: str, choice: str = "left", kind: Kind = "main", expected: str | None = None) -> Vote:
    return Vote(rater, Trial("t", kind, "s", "a", "b", expected=expected), choice, 2.0)
