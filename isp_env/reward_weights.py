"""The weights of the reward's penalties: numbers only, so that a command line can read them without torch."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from attiqa_core.errors import InputError, UsageError

RETIRED = ("saturation_excess", "cost")
"""Weights of terms that are no more; policies trained for them still name them. `cost` was paid for each step: episodes have
as many whatever the agent does, so that it changed no choice; there is no stop."""


@dataclass(frozen=True)
class RewardWeights:
    """How much each penalty takes off the MOS (which is about [0, 1]), and how that is made up of whole and crops."""

    crop_share: float = 0.5
    """Share of the score that the native-resolution crops have, in the mean; the rest is the proxy's. As much as the whole:
    people judge a picture fitted to the screen and at 100 %. Without crops it plays no part."""
    over_range: float = 1.0
    """Per unit of mean distance from [0, 1] before the clip (display values)."""
    gamut: float = 0.2
    """Per unit of mean distance beyond sRGB."""
    noise_gain: float = 3.0
    """Per unit of luma noise (display sigma) above the camera default's: of the calmest crop, where there are crops."""
    grain: float = 0.14
    """Per doubling of luma noise, as a share of the picture's own contrast, above the camera default's."""
    chroma_loss: float = 0.5
    """Per share by which chroma, about the picture's own white, falls below 0.95 of the camera default's."""
    chroma_excess: float = 0.5
    """Per share of the camera default's by which chroma, about the picture's own white and about grey, exceeds 1.25 times it."""
    cast: float = 0.3
    """Per unit of ln(R/G), ln(B/G) by which the picture's own white leaves what lies between the camera default's and neutral."""
    white: float = 0.5
    """Per unit of ln(R/G), ln(B/G), about 250 mired or 0.075 Duv, by which temperature and tint leave the white balance missed,
    where that is known: where the error was drawn, as `attiqa bake` and `attiqa benchmark --errors` do. The agent is not shown it."""
    exposure: float = 0.5
    """Per unit of mean display luma outside 0.3 to 0.6."""
    temperature: float = 0.002
    """Per squared distance of the temperature from as shot, or from the right one where that is known, in units of its usual spread."""
    tint: float = 0.01
    """Per squared distance of the tint from as shot, or from the right one where that is known, in units of its usual spread."""
    hue: float = 0.005
    """Per squared rotation of the hue, in units of its usual spread."""
    prior: float = 0.05
    """Per unit of mean squared distance of all other parameters from the identity, each in units of its usual spread."""

    def check(self) -> None:
        """Raises: UsageError for a weight that is no finite number, or below 0."""
        for name, weight in self.to_dict().items():
            if not _is_weight(weight):
                raise UsageError(f"reward weight {name}={weight!r}: give a finite number, 0 or more")
        if self.crop_share > 1:
            raise UsageError(f"reward weight crop_share={self.crop_share:g}: is a share, from 0 to 1")

    @classmethod
    def from_dict(cls, weights: Mapping[str, float]) -> "RewardWeights":
        """Return the weights named, the others at their defaults.

        Raises: UsageError naming those there are, or for one that is no finite number or below 0.
        """
        for name in weights:
            if name not in WEIGHTS:
                raise UsageError(f"reward weight {name!r} is not one of {', '.join(WEIGHTS)}")
        made = cls(**weights)
        made.check()
        return made

    @classmethod
    def from_stored(cls, weights: Mapping[str, float], where: str) -> "RewardWeights":
        """Return the weights that a file holds: a term that it does not name was not trained for and weighs 0.

        RETIRED ones are left out: there is no such term to weigh.
        Raises: InputError, beginning with `where`, for a weight that this version does not know.
        """
        for name, weight in weights.items():
            if name not in (*WEIGHTS, *RETIRED) or not _is_weight(weight):
                raise InputError(
                    f"{where}: reward weight {name}={weight!r} is not known to this version; update it, or train again"
                )
        return cls(**{name: weights.get(name, 0.0) for name in WEIGHTS})

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


WEIGHTS = tuple(field.name for field in fields(RewardWeights))


def _is_weight(weight: object) -> bool:
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        return False
    return math.isfinite(weight) and weight >= 0
