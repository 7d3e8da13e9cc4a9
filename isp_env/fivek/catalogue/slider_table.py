"""Lightroom's sliders up to process 2010: their ranges, and what it means that one is not written.

Source: XMP Specification part 2, Camera Raw schema (ranges); settings that Lightroom wrote at import (defaults). Lightroom leaves
out most sliders that stand at 0, but writes those whose default is another number even where they stand at 0, so a missing one
stands at its default. For `PROVEN` that was checked against the named history of the real catalogue by others; for the rest it
is our reading.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

AUTO = -999999  # what stands for a number that Lightroom works out anew
PROVEN = ("Saturation", "HighlightRecovery")
"""Sliders that are known to stand at 0 where they are not written."""


@dataclass(frozen=True)
class Slider:
    """One number of the settings; `absent`: what it is where it is not written, NaN if nothing says."""

    key: str
    low: float
    high: float
    absent: float = 0.0


COLOURS = ("Red", "Orange", "Yellow", "Green", "Aqua", "Blue", "Purple", "Magenta")


def _of_colours() -> Iterator[Slider]:
    for kind in ("HueAdjustment", "SaturationAdjustment", "LuminanceAdjustment", "GrayMixer"):
        yield from (Slider(f"{kind}{colour}", -100, 100) for colour in COLOURS)


WHITE = (
    Slider("Temperature", 2000, 50000, math.nan),
    Slider("Tint", -150, 150, math.nan),
    Slider("CustomTemperature", 2000, 50000, math.nan),
    Slider("CustomTint", -150, 150, math.nan),
    Slider("IncrementalTemperature", -100, 100, math.nan),
    Slider("IncrementalTint", -100, 100, math.nan),
)
"""Kelvin and tint; the incremental ones are of finished pictures, and no kelvin."""

TONE = (
    Slider("Exposure", -4, 4),
    Slider("HighlightRecovery", 0, 100),
    Slider("FillLight", 0, 100),
    Slider("Shadows", 0, 100, 5),  # the black point, called Blacks in the program
    Slider("Brightness", -150, 150, 50),
    Slider("Contrast", -50, 100, 25),
)
PRESENCE = (Slider("Clarity", -100, 100), Slider("Vibrance", -100, 100), Slider("Saturation", -100, 100))
PARAMETRIC = (
    *(Slider(f"Parametric{part}", -100, 100) for part in ("Shadows", "Darks", "Lights", "Highlights")),
    Slider("ParametricShadowSplit", 10, 70, 25),
    Slider("ParametricMidtoneSplit", 20, 80, 50),
    Slider("ParametricHighlightSplit", 30, 90, 75),
)
SPLIT_TONING = (
    Slider("SplitToningShadowHue", 0, 360),
    Slider("SplitToningShadowSaturation", 0, 100),
    Slider("SplitToningHighlightHue", 0, 360),
    Slider("SplitToningHighlightSaturation", 0, 100),
    Slider("SplitToningBalance", -100, 100),
)
DETAIL = (
    Slider("Sharpness", 0, 150, 25),
    Slider("SharpenRadius", 0.5, 3, 1),
    Slider("SharpenDetail", 0, 100, 25),
    Slider("SharpenEdgeMasking", 0, 100),
    Slider("LuminanceSmoothing", 0, 100),
    Slider("LuminanceNoiseReductionDetail", 0, 100, 50),
    Slider("LuminanceNoiseReductionContrast", 0, 100),
    Slider("ColorNoiseReduction", 0, 100, 25),
    Slider("ColorNoiseReductionDetail", 0, 100, 50),
)
LENS = (
    Slider("ChromaticAberrationR", -100, 100),
    Slider("ChromaticAberrationB", -100, 100),
    Slider("Defringe", 0, 2),
    Slider("VignetteAmount", -100, 100),
    Slider("VignetteMidpoint", 0, 100, 50),
    Slider("LensManualDistortionAmount", -100, 100),
    Slider("LensProfileEnable", 0, 1),
    Slider("PerspectiveVertical", -100, 100),
    Slider("PerspectiveHorizontal", -100, 100),
    Slider("PerspectiveRotate", -10, 10),
    Slider("PerspectiveScale", 50, 150, 100),
)
EFFECTS = (
    Slider("PostCropVignetteAmount", -100, 100),
    Slider("PostCropVignetteMidpoint", 0, 100, 50),
    Slider("PostCropVignetteFeather", 0, 100, 50),
    Slider("PostCropVignetteRoundness", -100, 100),
    Slider("GrainAmount", 0, 100),
    Slider("GrainSize", 0, 100, 25),
    Slider("GrainFrequency", 0, 100, 50),
)
CALIBRATION = (
    Slider("ShadowTint", -100, 100),
    *(Slider(f"{colour}{kind}", -100, 100) for colour in ("Red", "Green", "Blue") for kind in ("Hue", "Saturation")),
)
CROP = (
    Slider("CropLeft", 0, 1),
    Slider("CropTop", 0, 1),
    Slider("CropRight", 0, 1, 1),
    Slider("CropBottom", 0, 1, 1),
    Slider("CropAngle", -45, 45),
)
SLIDERS: tuple[Slider, ...] = (
    *WHITE, *TONE, *PRESENCE, *PARAMETRIC, *_of_colours(), *SPLIT_TONING, *DETAIL, *LENS, *EFFECTS, *CALIBRATION, *CROP,
)  # fmt: skip
"""In the order of the columns of a CSV."""

BY_KEY = {slider.key: slider for slider in SLIDERS}

SHAPING: dict[str, tuple[str, ...]] = {
    "parametric curve": tuple(f"Parametric{part}" for part in ("Shadows", "Darks", "Lights", "Highlights")),
    "hue, saturation, luminance by colour": tuple(
        f"{kind}Adjustment{colour}" for kind in ("Hue", "Saturation", "Luminance") for colour in COLOURS
    ),
    "split toning": ("SplitToningShadowSaturation", "SplitToningHighlightSaturation"),
    "lateral chromatic aberration": ("ChromaticAberrationR", "ChromaticAberrationB"),
    "vignette": ("VignetteAmount", "PostCropVignetteAmount"),
    "lens profile": ("LensProfileEnable",),
    "distortion and perspective": (
        "LensManualDistortionAmount",
        *(f"Perspective{kind}" for kind in ("Vertical", "Horizontal", "Rotate", "Scale")),
    ),
    "grain": ("GrainAmount",),
    "camera calibration": tuple(slider.key for slider in CALIBRATION),
}
"""What has no parameter of ours, and the sliders that tell whether it does anything: it does where one is not at `absent`."""
