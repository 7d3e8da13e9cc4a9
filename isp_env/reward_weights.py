"""The weights of the reward's penalties: numbers only, so that a command line can read them without torch."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class RewardWeights:
    """How much each penalty takes off the MOS (which is about [0, 1])."""

    over_range: float = 1.0
    """Per unit of mean distance from [0, 1] before the clip (display values)."""
    gamut: float = 0.2
    """Per unit of mean distance beyond sRGB."""
    noise_gain: float = 3.0
    """Per unit of luma noise (display sigma) above the camera default's."""
    saturation_excess: float = 1.0
    """Per unit of mean chroma above 1.5 times the camera default's, and above 0.12."""
    exposure: float = 0.5
    """Per unit of mean display luma outside 0.3 to 0.6."""
    prior: float = 0.05
    """Per unit of mean squared distance from the identity, each parameter in units of its usual spread."""
    cost: float = 0.0
    """For each step taken."""

    def to_dict(self) -> dict[str, float]:
        return asdict(self)
