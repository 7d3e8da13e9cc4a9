"""Which numbers of a raw file can be true: a DNG's tags and what LibRaw says are held against the table `RANGES`.

What cannot be true counts as absent and is named, where a reader can do without; else the file is refused, by the tag's name.
Ranges are wider than any camera's: DNG Specification 1.7.1.0, chapter 4; LibRaw's tables of 1,200 cameras for matrices and gains.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError
from isp_env.colorimetry.rgb_spaces import D50_XYZ
from isp_env.raw_io.decoding.decoded import NO_GAINS, Decoded
from isp_env.raw_io.decoding.tiff_tags import CURE, DOUBLE, FLOAT, RATIONAL, SRATIONAL, Tag, numbers

LOWEST_GAIN, HIGHEST_GAIN = 0.05, 20.0
MOST_CONDITION = 200.0  # of a colour matrix; LibRaw's lie between 2 and 60
D50 = np.array(D50_XYZ)
MOST_EV = 10.0
FRACTIONS = (RATIONAL, SRATIONAL, FLOAT, DOUBLE)  # the TIFF field types that can hold what is no number

Values = np.ndarray
Check = Callable[[Values], bool]


@dataclass(frozen=True)
class Range:
    """What the numbers of one tag have to be: finite, within `lowest` and `highest`, as many as `counts` allows (any, if empty),
    and whatever `also` asks for. `needed`: the file is refused where they are not, for a picture cannot be right without.
    """

    name: str
    lowest: float = -math.inf
    highest: float = math.inf
    counts: tuple[int, ...] = ()
    also: Check | None = None
    needed: bool = False

    def doubt(self, values: Values) -> str | None:
        """Return why the numbers cannot be true, with the tag's name; None if they can."""
        if self.counts and values.size not in self.counts:
            return f"{self.name} has {values.size} numbers, not {' or '.join(map(str, self.counts))}"
        odd = values[~(np.isfinite(values) & (values >= self.lowest) & (values <= self.highest))]
        if odd.size:
            allowed = f"[{self.lowest:g}, {self.highest:g}]" if math.isfinite(self.lowest) else "finite"
            return f"{self.name} {odd[0]:g} is not {'in ' if allowed[0] == '[' else ''}{allowed}"
        if self.also is not None and not self.also(values):
            return f"{self.name} {_short(values)} cannot be true"
        return None


def _short(values: Values) -> str:
    return "(" + ", ".join(f"{value:.4g}" for value in values[:9]) + (", ...)" if values.size > 9 else ")")


def is_colour_matrix(values: Values) -> bool:
    """Return whether XYZ to camera can be inverted and gives white an answer in every channel."""
    matrix = values.reshape(-1, 3)
    if len(matrix) < 3:
        return bool((matrix @ D50 > 0).all())
    white = matrix @ D50
    return bool(
        (white > 0).all() and white.max() <= white.min() / LOWEST_GAIN and np.linalg.cond(matrix) <= MOST_CONDITION
    )


def _is_forward_matrix(values: Values) -> bool:
    """Its rows have to add up to D50 (chapter 6); what is far from that is another thing."""
    matrix = values.reshape(3, -1)
    sums = matrix.sum(1)
    return bool((np.abs(sums / D50 - 1) < 0.25).all() and np.linalg.cond(matrix) <= MOST_CONDITION)


def _is_regular(values: Values) -> bool:
    side = math.isqrt(values.size)
    return side * side == values.size and bool(np.linalg.cond(values.reshape(side, side)) <= MOST_CONDITION)


def _is_neutral(values: Values) -> bool:
    return bool(values.max() <= values.min() / LOWEST_GAIN)


def _rises(values: Values) -> bool:
    return bool((np.diff(values) >= 0).all() and values[-1] > values[0])


def _is_chromaticity(values: Values) -> bool:
    return bool(values.sum() < 1)


def _is_profile(values: Values) -> bool:
    return values.size % 2 == 0 and bool(values.any())


_MATRIX = {"lowest": -20.0, "highest": 20.0, "counts": (3, 9, 12), "also": is_colour_matrix}
_INDIVIDUAL = {"lowest": -20.0, "highest": 20.0, "counts": (1, 9, 16), "also": _is_regular}
_FORWARD = {"lowest": -20.0, "highest": 20.0, "counts": (3, 9, 12), "also": _is_forward_matrix}

RANGES: Mapping[int, Range] = {
    274: Range("Orientation", 1, 8, (1,)),
    277: Range("SamplesPerPixel", 1, 4, (1,), needed=True),
    33434: Range("ExposureTime", 1e-9, 1e6, (1,)),  # s
    33437: Range("FNumber", 0.1, 1000, (1,)),
    34855: Range("ISOSpeedRatings", 1, 1e8),
    37386: Range("FocalLength", 0.01, 1e5, (1,)),  # mm
    50712: Range("LinearizationTable", 0, 65535, also=_rises, needed=True),
    50713: Range("BlackLevelRepeatDim", 1, 64, (2,), needed=True),
    50714: Range("BlackLevel", 0, 2**32, needed=True),
    50715: Range("BlackLevelDeltaH", -65535, 65535),
    50716: Range("BlackLevelDeltaV", -65535, 65535),
    50719: Range("DefaultCropOrigin", 0, 2**24, (2,)),
    50720: Range("DefaultCropSize", 1, 2**24, (2,)),
    50721: Range("ColorMatrix1", **_MATRIX),
    50722: Range("ColorMatrix2", **_MATRIX),
    52531: Range("ColorMatrix3", **_MATRIX),
    50723: Range("CameraCalibration1", **_INDIVIDUAL),
    50724: Range("CameraCalibration2", **_INDIVIDUAL),
    52530: Range("CameraCalibration3", **_INDIVIDUAL),
    50727: Range("AnalogBalance", LOWEST_GAIN, HIGHEST_GAIN, (1, 3, 4)),
    50728: Range("AsShotNeutral", 1e-6, 1e6, (1, 3, 4), _is_neutral),
    50729: Range("AsShotWhiteXY", 0.05, 0.9, (2,), _is_chromaticity),
    50730: Range("BaselineExposure", -MOST_EV, MOST_EV, (1,)),
    50964: Range("ForwardMatrix1", **_FORWARD),
    50965: Range("ForwardMatrix2", **_FORWARD),
    52532: Range("ForwardMatrix3", **_FORWARD),
    51041: Range("NoiseProfile", 0, 0.2, also=_is_profile),  # of variance, white being 1
    51109: Range("BaselineExposureOffset", -MOST_EV, MOST_EV, (1,)),
}
"""By tag number. What is needed refuses the file; the rest counts as absent. Other tags count as absent unless finite."""

EXIF_RANGES: Mapping[str, Range] = {RANGES[code].name: RANGES[code] for code in (33434, 33437, 34855, 37386)} | {
    "RecommendedExposureIndex": Range("RecommendedExposureIndex", 1, 1e8),
    "StandardOutputSensitivity": Range("StandardOutputSensitivity", 1, 1e8),
    "ISOSpeed": Range("ISOSpeed", 1, 1e8),
}


LIBRAW_RANGES: Mapping[str, Range] = {
    "exposure_s": RANGES[33434],
    "f_number": RANGES[33437],
    "iso": RANGES[34855],
    "focal_length_mm": RANGES[37386],
}


def plausible_tags(path: Path, tags: Mapping[int, Tag]) -> tuple[dict[int, Tag], tuple[str, ...]]:
    """Return the tags that can be true, and a few words on each other. Raises: InputError naming one that is needed."""
    kept, doubts = dict(tags), []
    for code in tags:
        rule = RANGES.get(code) or Range(f"tag {code}")
        if code not in RANGES and tags[code][0] not in FRACTIONS:
            continue
        values = np.array(_numbers(tags, code))
        doubt = rule.doubt(values) if values.size else f"{rule.name} holds no number" if code in RANGES else None
        if doubt and rule.needed:
            raise InputError(f"{path}: {doubt}; {CURE}")
        if doubt:
            del kept[code]
            doubts.append(doubt)
    return kept, tuple(doubts)


def _numbers(tags: Mapping[int, Tag], code: int) -> list[float]:
    try:
        return numbers(tags, code)
    except (TypeError, ValueError):
        return []


def plausible_exif(exif: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the fields of the Exif directory that can be true, and a few words on each other."""
    doubts = {name: rule.doubt(_exif_numbers(exif[name])) for name, rule in EXIF_RANGES.items() if name in exif}
    kept = {name: value for name, value in exif.items() if not doubts.get(name)}
    return kept, tuple(doubt for doubt in doubts.values() if doubt)


def _exif_numbers(value: Any) -> Values:
    """The first number of an Exif field; two are a fraction. NaN for what is none."""
    try:
        values = np.atleast_1d(np.asarray(value, np.float64))
    except (TypeError, ValueError):
        return np.array([math.nan])
    if values.size == 2:
        return np.array([values[0] / values[1] if values[1] else math.nan])
    return values[:1] if values.size else np.array([math.nan])


def plausible_decoded(decoded: Decoded) -> tuple[Decoded, tuple[str, ...]]:
    """Return what LibRaw says without what cannot be true, and a few words on each of that."""
    changes: dict[str, Any] = {}
    doubts = []
    for name in ("camera_gains", "daylight_gains"):
        gains = np.array(getattr(decoded, name))[: max(3, decoded.colours)]
        known = bool(np.isfinite(gains).all() and (gains > 0).all())
        uneven = known and gains.max() > HIGHEST_GAIN * gains.min()
        if uneven and name == "camera_gains":  # others follow from the matrix
            doubts.append(f"LibRaw's white balance {_short(gains)} cannot be true")
        if uneven or not known:
            changes[name] = NO_GAINS
    matrix = decoded.xyz_to_camera
    if matrix.any() and not (np.isfinite(matrix).all() and is_colour_matrix(matrix.ravel())):
        changes["xyz_to_camera"] = np.zeros((3, 3))
        doubts.append(f"LibRaw's colour matrix {_short(matrix.ravel())} cannot be true")
    for name, rule in LIBRAW_RANGES.items():
        doubt = None if getattr(decoded, name) is None else rule.doubt(np.array([getattr(decoded, name)]))
        if doubt:
            changes[name] = None
            doubts.append(doubt)
    return replace(decoded, **changes), tuple(doubts)
