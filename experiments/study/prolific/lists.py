"""Whom to pay, and whose votes to use: two lists, since Prolific's rules for the one are not a study's rules for the other. Pure.

Source: Prolific's "Valid rejection reasons", "Return vs Reject" and the statuses of a submission (read 2026-11-28). A suggestion
is carried out by nobody but a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from experiments.study.prolific.account import Submission
from experiments.study.prolific.participants import Participant
from experiments.study.trials import SKIPPED
from experiments.study.vote import Vote

LEAST_FAILED, LEAST_FAILED_SHORT, SHORT_MIN = 2, 1, 5
"""How many attention checks have to be failed before a submission may be rejected, and in a study of under five minutes."""
LEAST_REASON = 100
"""Characters that Prolific wants of the reason for a rejection."""

ENDED = {
    "APPROVED": "is approved and paid already",
    "REJECTED": "is rejected already",
    "RETURNED": "was returned: is not paid, and costs nothing",
    "SCREENED OUT": "was screened out, and paid for that by Prolific",
    "PARTIALLY APPROVED": "is paid in part already",
}
"""Statuses of a submission that nothing has to be done about."""
GOING_ON = ("RESERVED", "ACTIVE")


@dataclass(frozen=True)
class Payment:
    """A row of the first list. `suggestion`: approve, reject, ask-to-return, look, wait or nothing; `bonus_share` of the reward."""

    participant: str
    submission: str
    rater: str
    submission_status: str
    session_status: str
    suggestion: str
    bonus_share: float
    reason: str


@dataclass(frozen=True)
class Use:
    """A row of the second list: whether the result counts a rater's votes, and by which rule not."""

    rater: str
    participant: str
    use: bool
    votes: int
    reason: str


def with_checks(people: Sequence[Participant], votes: Sequence[Vote]) -> list[Participant]:
    """Return the participants with the trap and gold trials that they answered wrong."""

    def failed(rater: str, kind: str) -> int:
        own = (vote for vote in votes if vote.rater == rater and vote.trial.kind == kind and vote.choice != SKIPPED)
        return sum(vote.is_right is False for vote in own)

    return [
        replace(one, traps_failed=failed(one.rater, "trap"), gold_failed=failed(one.rater, "gold")) for one in people
    ]


def whom_to_pay(
    people: Sequence[Participant],
    submissions: Sequence[Submission] | None,
    completed_code: str,
    minutes: float | None = None,
) -> list[Payment]:
    """Return a suggestion for each participant of the store, then for each submission that the store knows nothing of.

    `submissions` is None where Prolific was not asked; `minutes` what participants were told it takes, None counts as long.
    """
    known = {each.id: each for each in submissions or ()}
    rows = []
    for one in people:
        submission = known.pop(one.session, None)
        if submissions is not None and (submission is None or submission.participant_id != one.pid):
            words = (
                "nothing",
                0.0,
                "Prolific knows no such submission of theirs: the link was opened with made-up names",
            )
        else:
            words = _suggestion(one, submission, completed_code, minutes)
        status = submission.status if submission else ""
        rows.append(Payment(one.pid, one.session, one.rater, status, _stage(one), *words))
    for each in known.values():
        suggestion, reason = _unknown(each)
        rows.append(Payment(each.participant_id, each.id, "", each.status, "", suggestion, 0.0, reason))
    return rows


def whose_votes(
    people: Sequence[Participant],
    votes: Sequence[Vote],
    left_out: Mapping[str, Sequence[str]],
    submissions: Sequence[Submission] | None,
) -> list[Use]:
    """Return for each rater with votes whether they count. `left_out` is what the protocol's rules say, by rater."""
    pids = {one.rater: one for one in people}
    real = None if submissions is None else {(each.id, each.participant_id) for each in submissions}
    counts: dict[str, int] = {}
    for vote in votes:
        counts[vote.rater] = counts.get(vote.rater, 0) + (vote.trial.kind == "main" and vote.choice != SKIPPED)
    rows = []
    for rater, number in sorted(counts.items()):
        one, reasons = pids.get(rater), list(left_out.get(rater, ()))
        if one and real is not None and (one.session, one.pid) not in real:
            reasons.append("Prolific knows no such submission")
        rows.append(Use(rater, one.pid if one else "", not reasons, number, "; ".join(reasons)))
    return rows


def _stage(one: Participant) -> str:
    return one.reason if one.reason in ("nothing-left", "no-consent") else one.status


def _suggestion(
    one: Participant, submission: Submission | None, completed_code: str, minutes: float | None
) -> tuple[str, float, str]:
    status = submission.status if submission else ""
    share = round(one.answered / one.trials, 2) if one.trials else 0.0
    progress = f"answered {one.answered} of {one.trials}"
    match _stage(one):
        case _ if status in ENDED:
            partly = share if status == "RETURNED" else 0.0
            fair = f"; {progress}: a bonus in part is fair if it was not their fault" if partly else ""
            return "nothing", partly, ENDED[status] + fair
        case "complete":
            late = ", though too late for Prolific's clock" if status == "TIMED-OUT" else ""
            strange = submission is not None and submission.study_code not in (None, "", completed_code)
            other = f"; came back with the code {submission.study_code}" if strange and submission else ""
            return "approve", 0.0, f"did all that was asked{late}{other}"
        case "failed-checks":
            return _failed(one, minutes)
        case "screened-out":
            return "ask-to-return", 0.0, f"screened out by the study ({one.reason}): may not be rejected"
        case "nothing-left":
            return "ask-to-return", 0.0, "no pair was left to judge: may not be rejected; a small bonus is fair"
        case "withdrawn" | "no-consent":
            return "ask-to-return", 0.0, "did not consent or withdrew: may not be rejected; answers are deleted"
    if status in ("", *GOING_ON):
        return "wait", 0.0, f"has not finished: {progress}"
    if status == "TIMED-OUT":
        return "nothing", share, f"ran out of time: {progress}; a bonus in part is fair if it was not their fault"
    code = submission.study_code if submission else None
    return "ask-to-return", share, f"handed in {f'the code {code}' if code else 'no code'} before the end: {progress}"


def _failed(one: Participant, minutes: float | None) -> tuple[str, float, str]:
    least = LEAST_FAILED_SHORT if minutes is not None and minutes < SHORT_MIN else LEAST_FAILED
    if one.traps_failed >= least:
        return "reject", 0.0, rejection(one.traps_failed)
    wrong = f"{one.traps_failed} told answers and {one.gold_failed} gold pairs"
    reason = (
        f"got {wrong} wrong: Prolific lets reject from {least} failed attention checks on, which gold pairs are not"
    )
    return "approve", 0.0, reason


def rejection(traps: int) -> str:
    """Return the reason that a participant reads, long enough for Prolific."""
    asked = "question" if traps == 1 else "questions"
    return (
        f"In {traps} {asked} of this study the words above the pictures said which side to choose, and another side was "
        "chosen. Such attention checks are how we see that the task is read. Please write to us if this is a mistake."
    )


def _unknown(submission: Submission) -> tuple[str, str]:
    if submission.status in ENDED:
        return "nothing", ENDED[submission.status]
    if submission.status in GOING_ON:
        return "wait", "took a place and has not opened the study"
    if submission.status == "TIMED-OUT":
        return "nothing", "ran out of time before opening the study"
    code = f"the code {submission.study_code}" if submission.study_code else "no code"
    return "look", f"handed in {code} and is not in the store: was removed, used another browser, or never came"
