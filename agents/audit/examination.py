"""All checks of an audit, in the order in which they are told."""

from collections.abc import Callable
from dataclasses import dataclass

from agents.audit.abroad import Abroad, check_abroad
from agents.audit.carriers import check_carriers
from agents.audit.constant import check_constant
from agents.audit.finding import Finding
from agents.audit.gain import check_gain
from agents.audit.other_judges import check_other_judges
from agents.audit.pictures import check_pictures
from agents.audit.subject import Subject
from agents.audit.temptation import Temptation, check_temptation, tempt

CHECKS = ("gain", "judges", "constant", "pictures", "parameters", "attack", "range")
"""The keys of the findings, in order."""


@dataclass(frozen=True)
class Examination:
    """What all checks found, and the attack's actions, None where the scorer gives no gradients."""

    findings: tuple[Finding, ...]
    temptation: Temptation | None


def examine(
    subject: Subject,
    abroad: Abroad | None,
    steps: int,
    pairs: int,
    told: Callable[[int], object] = lambda checks: None,
) -> Examination:
    """Return what every check finds; `told` hears of each that is done.

    `steps` are those of each climb of the attack, `pairs` of orders of the parameters.
    """
    temptation = tempt(subject, steps) if subject.core.scorer.differentiable else None
    findings = []
    for check in (
        lambda: check_gain(subject),
        lambda: check_other_judges(subject),
        lambda: check_constant(subject),
        lambda: check_pictures(subject),
        lambda: check_carriers(subject, pairs),
        lambda: check_temptation(subject, steps, temptation),
        lambda: check_abroad(subject, abroad),
    ):
        findings.append(check())
        told(1)
    return Examination(tuple(findings), temptation)
