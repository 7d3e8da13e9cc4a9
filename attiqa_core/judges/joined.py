"""Several judges as one: the mean of scorers of people's opinions, less what it costs that a picture's settings are off.

What one scorer likes wrongly another one, trained otherwise, likes less, and a climb has to please all of them. A few
hundred rated photos say little about chroma and white; photos that were set otherwise on purpose say much, and need
nobody's opinion. All learn apart, and none forgets what another was taught.
"""

import hashlib
from collections.abc import Sequence

import torch

from attiqa_core.distortions.settings import SETTINGS
from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges.judge import Judge, create_metric, is_single, parts_of_reference
from attiqa_core.network.frozen_judge import FrozenJudge
from attiqa_core.sharing.references import JOINT
from attiqa_core.tensors import AttributeScores, Images, Scores

SETTINGS_OFF = tuple(f"{name}_off" for name in SETTINGS)
"""What the attributes of settings are called beside those of scorers, which know a contrast of their own."""


class JoinedJudges(FrozenJudge):
    """The mean of scorers + the mean of settings - 1; settings are scorers of `attiqa settings`: 1 where nothing is off.

    Attributes are the scorers', averaged, and then the settings', by the names of `SETTINGS_OFF`.
    """

    def __init__(self, parts: Sequence[Judge]):
        """Take judges on one device. Raises: UsageError without a scorer among them, or if scorers name other attributes."""
        super().__init__()
        self.parts = tuple(parts)
        self.name = JOINT.join(each.name for each in parts)
        self.reference = JOINT.join(each.reference for each in parts)
        if not self.scorers:
            raise UsageError(f"{self.reference}: no part is a scorer of people's opinions; put one before the settings")
        first, *others = self.scorers
        for other in others:
            if other.attribute_names != first.attribute_names:
                raise UsageError(
                    f"{self.reference}: {other.reference} has not the attributes of {first.reference}; "
                    "scorers of the same attributes are averaged, and scorers of `attiqa settings` taken off"
                )
        self.sha256 = hashlib.sha256(" ".join(each.sha256 for each in parts).encode()).hexdigest()
        self.device, self.crops = first.device, first.crops
        self.differentiable = all(each.differentiable for each in parts)
        self.attribute_names = (*first.attribute_names, *(SETTINGS_OFF if self.settings else ()))

    @property
    def scorers(self) -> list[Judge]:
        """The parts that are averaged."""
        return [each for each in self.parts if each.attribute_names != SETTINGS]

    @property
    def settings(self) -> list[Judge]:
        """The parts whose costs are taken off."""
        return [each for each in self.parts if each.attribute_names == SETTINGS]

    def _read(self, images: Images) -> tuple[Scores, AttributeScores]:
        score, attributes = _mean(self.scorers, images)
        if not self.settings:
            return score, attributes
        set_well, off = _mean(self.settings, images)
        return score + (set_well - 1), torch.cat([attributes, off], 1)

    def to_mos(self, scores: Scores) -> Scores:
        """Return scores on the first scorer's scale of human scores."""
        return self.scorers[0].to_mos(scores)

    def with_crops(self, crops: int) -> "JoinedJudges":
        """Return a judge that shares these weights and looks at 1 or 5 crops."""
        return JoinedJudges([each.with_crops(crops) for each in self.parts])


def parts_of(judge: Judge) -> tuple[Judge, ...]:
    """Return the judges that a judge is made of: those that are joined in it, or itself."""
    return judge.parts if isinstance(judge, JoinedJudges) else (judge,)


def _mean(judges: Sequence[Judge], images: Images) -> tuple[Scores, AttributeScores]:
    """The judges' mean reading, added in their order."""
    scores, attributes = judges[0].read(images)
    for each in judges[1:]:
        other_scores, other_attributes = each.read(images)
        scores, attributes = scores + other_scores, attributes + other_attributes
    return scores / len(judges), attributes / len(judges)


def open_joined(reference: str, device: str | torch.device = "cpu", crops: int | None = None) -> JoinedJudges:
    """Return the judge that "SCORER+SCORER" or "SCORER+SETTINGS" names, whose parts all look at as many crops.

    Raises: as `create_metric`; UsageError for a part without a name, or one that has another number of crops in its file.
    """
    parts = parts_of_reference(reference)
    if not all(part.strip() for part in parts):
        raise UsageError(f"{reference}: nothing is named on one side of a {JOINT}; write it between two judges")
    judges = [_open_part(part, reference, device, crops) for part in parts]
    return JoinedJudges([judge.with_crops(max(each.crops for each in judges)) for judge in judges])


def _open_part(part: str, reference: str, device: str | torch.device, crops: int | None) -> Judge:
    """One of the parts. Raises: as `create_metric`, for a part that is not found in a sentence that names the whole."""
    if is_single(part):
        return create_metric(part, device, crops)
    if part != part.strip():
        raise UsageError(f"{reference}: has a space at a {JOINT}; write the judges and it without any between them")
    raise InputError(f"{reference}: {part}: no such judge; each part is named as it would be alone")
