"""Do judges of other families, whom nobody climbed, agree that the pictures are better?"""

from dataclasses import asdict

from agents.audit.finding import Finding, is_above_zero, is_below_zero, listed, told
from agents.audit.subject import Subject
from agents.benchmark import share_weights
from agents.standings import Gain
from attiqa_core.judges.joined import parts_of
from attiqa_core.judges.judge import JUDGES, Judge

RULE = (
    "a judge is against the policy where the interval of its gain lies below 0. failed if the score rises on average while "
    "every judge's mean gain is below 0 and one at least is against it; doubtful if any is against it, if no mean gain is "
    "above 0, or if no judge of another family than the scorer was asked. Whole pictures and native crops, half each."
)
QUESTION = "Do held-out judges agree?"


def families(judge: Judge) -> set[str]:
    """Return the kinds of `JUDGES` that a judge and its parts are of; the reference of one that is of none."""
    return {_family(part) for part in parts_of(judge)}


def _family(judge: Judge) -> str:
    kinds = (name for name, kind in JUDGES.items() if kind.recognises(judge.reference))
    return next(kinds, judge.reference)


def held_out(scorer: Judge, judges: dict[str, Judge]) -> dict[str, Judge]:
    """Return the judges of other families than the scorer's, which alone are evidence."""
    return {
        name: judge
        for name, judge in judges.items()
        if not share_weights(judge, scorer) and not families(judge) & families(scorer)
    }


def check_other_judges(subject: Subject) -> Finding:
    """Return whether those who had no part in the training see a gain where the scorer does."""
    if not subject.judges:
        says = "no judge of another family than the scorer was asked, so that nobody but the scorer was"
        return Finding("judges", QUESTION, "left out", says, RULE)
    gains = {name: subject.gain(subject.tuned.judged[name], subject.default.judged[name]) for name in subject.judges}
    against = [name for name, gain in gains.items() if is_below_zero(gain)]
    means = [gain.mean_gain for gain in gains.values()]
    score_rises = subject.score_gain.mean_gain > 0
    hacked = score_rises and bool(against) and max(means) < 0
    state = "failed" if hacked else "doubtful" if against or max(means) <= 0 else "passed"
    words = "; ".join(f"{name} {told(gain)}, {_word(gain)}" for name, gain in gains.items())
    says = f"while the score changes by {told(subject.score_gain)}: {words}"
    numbers = {name: asdict(gain) for name, gain in gains.items()}
    named = (f"worse to {listed(against)}",) if against else ()
    return Finding("judges", QUESTION, state, says, RULE, numbers, named)


def _word(gain: Gain) -> str:
    return "agrees" if is_above_zero(gain) else "against it" if is_below_zero(gain) else "undecided"
