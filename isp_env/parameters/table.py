"""Every parameter that a stage reads, as rows of tables, readable without torch.

`PARAMETERS` are the controls of every picture. `LENS`, `CURVE` and `EXPOSURE8` are further ones: the stages that read them run only
where a profile lists them (`profiles.py`) or a recipe names them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Parameter:
    """One control of the ISP: its physical range, where it changes nothing, and the module of `stages` that reads it.

    `usual_spread`: how far a good picture usually departs from the camera default, in units of the action; the reward's
    prior measures distance by it. Tight where the scorer is blind (tint, hue) or easily pleased (contrast, clarity,
    sharpening). Our choice, made on training raws (LOG.md).
    `allowed`: what the stage takes, where that is wider than the range; recipes and own profiles may go so far.
    """

    name: str
    unit: str
    low: float
    high: float
    identity: float
    scale: Literal["linear", "log"]
    stage: str
    usual_spread: float
    doc: str
    allowed: tuple[float, float] | None = None

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and the highest value that the stage takes."""
        return self.allowed or (self.low, self.high)


PARAMETERS: tuple[Parameter, ...] = (
    Parameter("exposure_ev", "EV", -1, 1, 0, "linear", "camera", 0.7, "scene gain", (-4, 4)),
    Parameter("temperature_mired", "mired", -30, 45, 0, "linear", "camera", 0.6, "warmer than as shot", (-100, 100)),
    Parameter("tint_duv", "Duv", -0.01, 0.01, 0, "linear", "camera", 0.4, "greener than as shot", (-0.03, 0.03)),
    Parameter("contrast", "log2", -0.6, 0.6, 0, "linear", "tone_map", 0.5, "exponent 2^c about mid grey", (-1, 1)),
    Parameter("highlights_ev", "EV", -1.5, 1.5, 0, "linear", "tone", 0.5, "gain 2.5 stops above mid grey"),
    Parameter("shadows_ev", "EV", -2, 2, 0, "linear", "tone", 0.4, "gain four stops below mid grey"),
    Parameter("whites_ev", "EV", -1.8, 1.8, 0, "linear", "tone", 0.3, "moves the white end point; mid grey stays"),
    Parameter(
        "blacks", "of white", -0.03, 0.03, 0, "linear", "camera", 0.3, "moves the black end point", (-0.05, 0.05)
    ),
    Parameter("saturation", "", -1, 1, 0, "linear", "chroma", 0.3, "chroma gain 1 + s; -1 is grey", (-1, 2)),
    Parameter("vibrance", "", -1, 1, 0, "linear", "chroma", 0.5, "chroma gain of the pale colours"),
    Parameter(
        "hue_deg", "degree", -30, 30, 0, "linear", "chroma", 0.1, "rotation of chroma, red towards yellow", (-180, 180)
    ),
    Parameter("clarity", "log2", -1.5, 1.5, 0, "linear", "clarity", 0.2, "gain of local detail", (-2, 2)),
    Parameter(
        "sharpen", "", -1, 1, 0, "linear", "sharpen", 0.5, "amount of the luma unsharp mask: none, the camera's, 2.5"
    ),
    Parameter("sharpen_radius_px", "px", 0.5, 1.5, 1, "log", "sharpen", 0.8, "its sigma at full resolution"),
    Parameter("denoise_luma", "", -1, 1, 0, "linear", "denoise", 0.6, "noise taken from luma: none, the camera's, all"),
    Parameter("denoise_chroma", "", -1, 1, 0, "linear", "denoise", 0.8, "noise taken from chroma, likewise"),
)
"""Order of the columns of `IspParams.values` and of an action."""

LENS: tuple[Parameter, ...] = (
    *(
        Parameter(
            f"lateral_ca_{colour}",
            "of size",
            -0.002,
            0.002,
            0,
            "linear",
            "aberration",
            0.3,
            f"how much larger {colour} is",
            (-0.01, 0.01),
        )
        for colour in ("red", "blue")
    ),
    Parameter("defringe", "", 0, 1, 0, "linear", "defringe", 0.3, "share of purple and green taken off strong edges"),
)
"""What undoes a lens's faults: the sizes at which it draws red and blue against green, and the seams it leaves along edges."""

SEGMENTS = 8  # of the curve of lightness, and of each curve of Exposure

CURVE: tuple[Parameter, ...] = tuple(
    Parameter(f"curve_{knot}", "log2", -1, 1, 0, "linear", "curve", 0.3, f"slope of lightness at {place}", (-2, 2))
    for knot, place in enumerate(("black", *(f"{index}/7" for index in range(1, SEGMENTS - 1)), "white"), 1)
)
"""The knots of a monotone curve of display lightness; only their differences count."""


def _segments(name: str, low: float, high: float, scale: Literal["linear", "log"], doc: str) -> list[Parameter]:
    return [
        Parameter(f"e8_{name}_{step}", "", low, high, 1, scale, "exposure8", 0.3, f"{doc}, eighth {step}")
        for step in range(1, SEGMENTS + 1)
    ]


EXPOSURE8: tuple[Parameter, ...] = (
    Parameter("e8_exposure_ev", "EV", -3.5, 3.5, 0, "linear", "exposure8", 0.2, "scene gain"),
    Parameter("e8_gamma", "", 1 / 3, 3, 1, "log", "exposure8", 0.25, "exponent of display values"),
    Parameter("e8_green", "ln", -0.5, 0.5, 0, "linear", "exposure8", 0.2, "gain of green against red; luminance stays"),
    Parameter("e8_blue", "ln", -0.5, 0.5, 0, "linear", "exposure8", 0.2, "gain of blue against red; luminance stays"),
    Parameter("e8_saturation", "", 0, 1, 0, "linear", "exposure8", 0.5, "share of a more saturated picture"),
    *_segments("tone", 0.5, 2, "log", "slope of the tone curve"),
    Parameter(
        "e8_contrast", "", -1, 1, 0, "linear", "exposure8", 0.3, "share of an S curve of luma; below 0 its inverse"
    ),
    Parameter("e8_grey", "", 0, 1, 0, "linear", "exposure8", 0.1, "share of a black-and-white picture"),
    *_segments("red_curve", 0.9, 1.1, "linear", "slope of the curve of red"),
    *_segments("green_curve", 0.9, 1.1, "linear", "slope of the curve of green"),
    *_segments("blue_curve", 0.9, 1.1, "linear", "slope of the curve of blue"),
)
"""The eight filters of Exposure with their published ranges; `stages/exposure8.py` says what is taken from where."""


def names_of(parameters: Iterable[Parameter]) -> tuple[str, ...]:
    """Return the parameters' names, in order."""
    return tuple(parameter.name for parameter in parameters)


NAMES = names_of(PARAMETERS)
LENS_NAMES = names_of(LENS)
CURVE_NAMES = names_of(CURVE)
EXPOSURE8_NAMES = names_of(EXPOSURE8)
FURTHER = (LENS_NAMES, CURVE_NAMES, EXPOSURE8_NAMES)
"""The tables beyond `PARAMETERS`, in the order of their columns."""
KNOWN = {parameter.name: parameter for parameter in (*PARAMETERS, *LENS, *CURVE, *EXPOSURE8)}
"""Every parameter by its name."""


def columns_for(names: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that hold these parameters: those of `PARAMETERS`, and every further table that one of them is of."""
    wanted = set(names)
    further = [each for table in FURTHER if wanted.intersection(table) for each in table]
    return (*NAMES, *further)
