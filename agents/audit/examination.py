"""All checks of an audit, in the order in which they are told."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from agents.audit.abroad import Abroad, check_abroad
from agents.audit.carriers import check_carriers
from agents.audit.constant import check_constant
from agents.audit.finding import Finding
from agents.audit.gain import check_gain
from agents.audit.other_judges import check_other_judges
from agents.audit.pictures import check_pictures
from agents.audit.subject import Subject
from agents.audit.temptation import Temptation, check_temptation, tempt


@dataclass(frozen=True, eq=False)
class Examination:
    """What a check may look at: the subject, raws outside its range (None: there are none), and how long to look.

    `steps` are those of each climb of the attack, `pairs` of orders of the parameters.
    """

    subject: Subject
    abroad: Abroad | None
    steps: int
    pairs: int

    @cached_property
    def temptation(self) -> Temptation | None:
        """What the attack finds; None where the scorer gives no gradients."""
        return tempt(self.subject, self.steps) if self.subject.core.scorer.differentiable else None


CHECKS: dict[str, Callable[[Examination], Finding]] = {
    "gain": lambda of: check_gain(of.subject),
    "judges": lambda of: check_other_judges(of.subject),
    "constant": lambda of: check_constant(of.subject),
    "pictures": lambda of: check_pictures(of.subject),
    "parameters": lambda of: check_carriers(of.subject, of.pairs),
    "attack": lambda of: check_temptation(of.subject, of.steps, of.temptation),
    "range": lambda of: check_abroad(of.subject, of.abroad),
}
"""By the key of the finding. A new one is a file and a row here."""


def examined(examination: Examination, told: Callable[[int], object]) -> tuple[Finding, ...]:
    """Return what every check finds; `told` hears of each that is done."""
    findings = []
    for check in CHECKS.values():
        findings.append(check(examination))
        told(1)
    return tuple(findings)
