"""Two judges as one: a scorer of people's opinions, less what it costs that a picture's settings are off.

A few hundred rated photos say little about chroma and white; photos that were set otherwise on purpose say much, and need
nobody's opinion. The two learn apart, and neither forgets what the other was taught.
"""

import hashlib

import torch

from attiqa_core.distortions.settings import SETTINGS
from attiqa_core.errors import UsageError
from attiqa_core.judges.judge import JOINT, Judge, create_metric
from attiqa_core.network.frozen_judge import FrozenJudge
from attiqa_core.tensors import AttributeScores, Images, Scores


class ScorerAndSettings(FrozenJudge):
    """`scorer` + `settings` - 1; `settings` is a scorer of `attiqa settings`, which says 1 where nothing is off.

    Attributes are those of both, the scorer's first.
    """

    def __init__(self, scorer: Judge, settings: Judge):
        """Take two judges on one device. Raises: UsageError if the second is none of settings."""
        super().__init__()
        if settings.attribute_names != SETTINGS:
            raise UsageError(
                f"{scorer.reference}{JOINT}{settings.reference}: the second has to be a scorer of `attiqa settings`"
            )
        self.scorer, self.settings = scorer, settings
        self.name, self.reference = (
            f"{first}{JOINT}{second}"
            for first, second in ((scorer.name, settings.name), (scorer.reference, settings.reference))
        )
        self.sha256 = hashlib.sha256(f"{scorer.sha256} {settings.sha256}".encode()).hexdigest()
        self.device, self.crops = scorer.device, scorer.crops
        self.differentiable = scorer.differentiable and settings.differentiable
        self.attribute_names = (*scorer.attribute_names, *settings.attribute_names)

    def _read(self, images: Images) -> tuple[Scores, AttributeScores]:
        score, attributes = self.scorer.read(images)
        set_well, off = self.settings.read(images)
        return score + (set_well - 1), torch.cat([attributes, off], 1)

    def to_mos(self, scores: Scores) -> Scores:
        """Return scores on the scorer's scale of human scores."""
        return self.scorer.to_mos(scores)

    def with_crops(self, crops: int) -> "ScorerAndSettings":
        """Return a judge that shares these weights and looks at 1 or 5 crops."""
        return ScorerAndSettings(self.scorer.with_crops(crops), self.settings.with_crops(crops))


def open_both(reference: str, device: str | torch.device = "cpu", crops: int | None = None) -> ScorerAndSettings:
    """Return the judge that "SCORER+SETTINGS" names. Raises: as `create_metric`, and UsageError for another second part."""
    first, _, second = reference.partition(JOINT)
    return ScorerAndSettings(create_metric(first, device, crops), create_metric(second, device, crops))
