"""How Camera Raw's and Lightroom's sliders are laid on our parameters, in both directions.

Exports write these fields (`experiments/exports/xmp_fields.py`), the catalogue of FiveK is read by them
(`fivek/catalogue/translation.py`). But for tint, which is published, a range is laid on a range: what Adobe's program makes of a
slider was not measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

TINT_PER_DUV = 3000  # daylight, Duv 0.0033, is tint 10. Source: DNG SDK 1.7, dng_temperature, kTintScale
KELVIN, TINT = (2000, 50000), (-150, 150)

UNITS: Mapping[str, float] = MappingProxyType({
    "contrast": 0.6, "highlights_ev": 1.5, "shadows_ev": 2.0, "whites_ev": 1.8, "blacks": 0.03, "clarity": 1.5, "saturation": 1.0,
    "vibrance": 1.0,
})  # fmt: skip
"""Parameter -> what 100 of its slider is."""


@dataclass(frozen=True)
class Amount:
    """A field of sharpening or denoising: 0 where the parameter is -1, Camera Raw's own default at 0, `largest` at 1."""

    field: str
    parameter: str
    default: float
    largest: float

    def field_of(self, control: float) -> float:
        """Return the field of a parameter."""
        return self.default * (1 + control) if control < 0 else self.default + control * (self.largest - self.default)

    def parameter_of(self, field: float) -> float:
        """Return the parameter of a field."""
        above = field - self.default
        return above / (self.default if above < 0 else self.largest - self.default)


def duv_of_tint(tint: float) -> float:
    """Return the Duv of Camera Raw's tint."""
    return tint / TINT_PER_DUV
