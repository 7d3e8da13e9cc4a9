"""All checks of an audit, in the order in which they are told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from agents.audit.abroad import Abroad, check_abroad
from agents.audit.carriers import check_carriers
from agents.audit.constant import check_constant
from agents.audit.finding import Finding
from agents.audit.gain import check_gain
from agents.audit.nearness import check_nearness
from agents.audit.other_judges import check_other_judges
from agents.audit.pictures import check_pictures, check_pictures_beside_examples
from agents.audit.subject import Subject
from agents.audit.temptation import Temptation, check_temptation, tempt
from agents.audit.verdict import Asked


@dataclass(frozen=True, eq=False)
class Examination:
    """What a check may look at: the subject, raws outside its range (None: there are none), and how long to look.

    `steps` are those of each climb of the attack, `pairs` of orders of the parameters. `asked`: about a gain, or about examples.
    """

    subject: Subject
    abroad: Abroad | None
    steps: int
    pairs: int

    asked: Asked = "gain"

    @cached_property
    def temptation(self) -> Temptation:
        """What the attack finds."""
        return tempt(self.subject, self.steps)

    @property
    def checks(self) -> "Mapping[str, Check]":
        """The checks of what is asked."""
        return CHECKS if self.asked == "gain" else CHECKS_OF_IMITATIONS


Check = Callable[[Examination], Finding]


CHECKS: Mapping[str, Check] = {
    "gain": lambda of: check_gain(of.subject),
    "judges": lambda of: check_other_judges(of.subject),
    "constant": lambda of: check_constant(of.subject),
    "pictures": lambda of: check_pictures(of.subject),
    "parameters": lambda of: check_carriers(of.subject, of.pairs),
    "attack": lambda of: check_temptation(of.subject, of.steps, of.temptation),
    "range": lambda of: check_abroad(of.subject, of.abroad),
}
"""By the key of the finding. A new one is a file and a row here."""

CHECKS_OF_IMITATIONS: Mapping[str, Check] = {
    "examples": lambda of: check_nearness(of.subject),
    "pictures": lambda of: check_pictures_beside_examples(of.subject),
    "range": lambda of: check_abroad(of.subject, of.abroad, rewarded=False),
}
"""Of policies that climbed no scorer: its opinion of their pictures is no evidence for or against them."""


def examined(examination: Examination, told: Callable[[int], object]) -> tuple[Finding, ...]:
    """Return what every check finds; `told` hears of each that is done."""
    findings = []
    for key, check in examination.checks.items():
        findings.append(examination.subject.kept.finding(key, partial(check, examination)))
        told(1)
    return tuple(findings)
