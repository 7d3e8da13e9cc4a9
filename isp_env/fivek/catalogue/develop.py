"""What a photo's parsed settings mean: sliders by name with what is left out filled in, white balance, curve, crop."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from attiqa_core.errors import InputError
from isp_env.fivek.catalogue.lua_tables import Table, items_of, parse
from isp_env.fivek.catalogue.slider_table import AUTO, BY_KEY, SLIDERS

AS_SHOT, AUTO_WHITE, CUSTOM = "As Shot", "Auto", "Custom"
PRESETS: Mapping[str, tuple[float, float]] = MappingProxyType({
    "Daylight": (5500, 10), "Cloudy": (6500, 10), "Shade": (7500, 10), "Tungsten": (2850, 0), "Fluorescent": (3800, 21),
    "Flash": (5500, 0),
})  # fmt: skip
"""Kelvin and tint of Camera Raw's named white balances for raws, for where the numbers are not written."""

Points = tuple[tuple[float, float], ...]
LINEAR: Points = ((0, 0), (255, 255))
CURVES: Mapping[str, Points] = MappingProxyType({
    "Linear": LINEAR,
    "Medium Contrast": ((0, 0), (32, 22), (64, 56), (128, 128), (192, 196), (255, 255)),
})  # fmt: skip
"""The named curves of FiveK: 21,901 edits are linear, 3,099 of medium contrast. For where the points are not written."""

PROCESSES: Mapping[str, str] = MappingProxyType({"5.0": "2003", "5.7": "2010"})
"""ProcessVersion -> name; where there is none the process is that of 2003 (24,717 of the 25,000 edits)."""
LATER = "2012 or later"

LOCAL = (
    "GradientBasedCorrections",
    "PaintBasedCorrections",
    "CircularGradientBasedCorrections",
    "RetouchInfo",
    "RedEyeInfo",
)
"""Corrections of parts of a picture; their own keys repeat the names of sliders."""


@dataclass(frozen=True)
class Crop:
    """The part that is kept, as shares of the uncropped picture before it is turned upright, and its angle in degrees."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0
    angle_deg: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is cut off and nothing turned."""
        return self == Crop()


@dataclass(frozen=True)
class DevelopSettings:
    """One edit. `settings["Exposure"]` is a slider by Lightroom's name; None where it is Auto, or nothing says.

    `auto`: sliders that Lightroom works out; `missing`: those that are not written, whose numbers are what that means
    (`slider_table.py`); `temperature_k`, `tint`: of the white balance that counts, None where only the raw knows it;
    `tone_curve`: points from 0 to 255 of the point curve; `local`: corrections of parts that do something;
    `unknown`: keys of single values that have no meaning here, as those of later processes.
    """

    sliders: Mapping[str, float | None]
    auto: tuple[str, ...]
    missing: tuple[str, ...]
    process: str
    process_version: str
    white_balance: str
    temperature_k: float | None
    tint: float | None
    tone_curve: Points
    tone_curve_name: str
    camera_profile: str
    is_grey: bool
    crop: Crop
    local: tuple[str, ...]
    unknown: tuple[str, ...]

    def __getitem__(self, key: str) -> float | None:
        return self.sliders[key]

    @property
    def is_as_shot(self) -> bool:
        """Whether the white balance is the camera's."""
        return self.white_balance == AS_SHOT


def develop_settings(text: str) -> DevelopSettings:
    """Return what a photo's settings mean. Raises: InputError for a text that is no table, or a value of the wrong kind."""
    return settings_of(parse(text))


def settings_of(table: Table) -> DevelopSettings:
    """Return the meaning of a parsed table; only its own level counts. Raises: InputError for a value of the wrong kind."""
    written = {key: _number(table, key) for key in BY_KEY if key in table}
    auto = {key for key, number in written.items() if number == AUTO}
    auto |= {key for key in BY_KEY if table.get(f"Auto{key}") is True}
    unwritten = {each.key: math.nan if each.key in auto else each.absent for each in SLIDERS}
    sliders = {key: _meant(written.get(key), absent) for key, absent in unwritten.items()}
    process_version = _text(table, "ProcessVersion")
    white_balance, temperature_k, tint = _white(_text(table, "WhiteBalance"), sliders)
    left, top, right, bottom, angle = (sliders[f"Crop{side}"] for side in ("Left", "Top", "Right", "Bottom", "Angle"))
    return DevelopSettings(
        sliders=sliders,
        auto=tuple(key for key in BY_KEY if key in auto),
        missing=tuple(key for key in BY_KEY if key not in written),
        process=PROCESSES.get(process_version, LATER) if process_version else "2003",
        process_version=process_version,
        white_balance=white_balance,
        temperature_k=temperature_k,
        tint=tint,
        tone_curve=_curve(table),
        tone_curve_name=_text(table, "ToneCurveName"),
        camera_profile=_text(table, "CameraProfile"),
        is_grey=table.get("ConvertToGrayscale") is True,
        crop=Crop(left or 0, top or 0, 1 if right is None else right, 1 if bottom is None else bottom, angle or 0),
        local=tuple(key for key in LOCAL if isinstance(table.get(key), dict) and table[key]),
        unknown=tuple(sorted(str(key) for key, value in table.items() if _is_unknown(key, value))),
    )


_WORDS = {"ProcessVersion", "WhiteBalance", "ToneCurveName", "CameraProfile", "ConvertToGrayscale", "Version"}


def _is_unknown(key: Any, value: Any) -> bool:
    return not isinstance(value, dict) and key not in BY_KEY and key not in _WORDS and not str(key).startswith("Auto")


def _meant(number: float | None, absent: float) -> float | None:
    if number is None:
        return None if math.isnan(absent) else float(absent)
    return None if number == AUTO else number


def _white(name: str, sliders: Mapping[str, float | None]) -> tuple[str, float | None, float | None]:
    """Name, kelvin and tint of the white balance that counts: custom numbers before the general ones, and those before a preset's."""
    temperature_k, tint = sliders["Temperature"], sliders["Tint"]
    if not name:
        has_numbers = any(
            sliders[key] is not None for key in ("Temperature", "CustomTemperature", "IncrementalTemperature")
        )
        name = CUSTOM if has_numbers else AS_SHOT
    if name == CUSTOM:
        own_k, own_tint = sliders["CustomTemperature"], sliders["CustomTint"]
        temperature_k, tint = (temperature_k if own_k is None else own_k), (tint if own_tint is None else own_tint)
    elif name in PRESETS and temperature_k is None:
        temperature_k, tint = PRESETS[name]
    return name, temperature_k, tint


def _curve(table: Table) -> Points:
    """The point curve: as written, else that of its name, else straight."""
    written = table.get("ToneCurve")
    if written is None:
        return CURVES.get(_text(table, "ToneCurveName"), LINEAR)
    numbers = items_of(written) if isinstance(written, dict) else []
    if len(numbers) < 4 or len(numbers) % 2 or not all(_is_number(each) for each in numbers):
        raise InputError("ToneCurve: is no list of points x, y")
    points = tuple(zip(map(float, numbers[::2]), map(float, numbers[1::2]), strict=True))
    if any(one[0] >= other[0] for one, other in itertools.pairwise(points)):
        raise InputError("ToneCurve: its points do not run from left to right")
    return points


def _number(table: Table, key: str) -> float:
    value = table[key]
    if isinstance(value, bool) and (BY_KEY[key].low, BY_KEY[key].high) == (0, 1):
        return float(value)
    if not _is_number(value):
        raise InputError(f"{key}: {_shown(value)} is no number")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(table: Table, key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise InputError(f"{key}: {_shown(value)} is no string")
    return value


def _shown(value: Any) -> str:
    return "a table" if isinstance(value, dict) else repr(value)[:40]
