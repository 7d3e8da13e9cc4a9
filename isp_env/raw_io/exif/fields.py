"""The EXIF fields that go from a raw into its pictures: their directory, number, type, and when they can be true.

Source: CIPA DC-008-2023 (Exif 3.0), chapter 4.6; Rating is Microsoft's. What speaks of the raw file's own pixels (sizes, strips, CFA
pattern, focal plane resolution, subject area) or is private to it (maker note) is left out: it would not be true of a picture.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from isp_env.raw_io.decoding.tiff_tags import ASCII, BYTE, LONG, RATIONAL, SHORT, SRATIONAL, UNDEFINED

MAIN, EXIF, GPS = "main", "exif", "gps"
RATIONALS = (RATIONAL, SRATIONAL)
LARGEST_SHORT = 65535
LARGEST = {BYTE: 255, SHORT: LARGEST_SHORT, LONG: 2**32 - 1, RATIONAL: 2**32 - 1, SRATIONAL: 2**31 - 1}

Ratio = Sequence[int]
"""Numerator and denominator."""


@dataclass(frozen=True)
class ExifField:
    """Where a field stands and what it holds; `count`: how many numbers, 0 for text; `is_true`: of its value."""

    directory: str
    code: int
    kind: int
    count: int = 1
    is_true: Callable[[Any], bool] = lambda _: True


def value_of(ratio: Ratio) -> float:
    """Return what a ratio comes to, its denominator not being 0."""
    return ratio[0] / ratio[1]


def _positive(number: Any) -> bool:
    return (value_of(number) if isinstance(number, list) else number) > 0


def _not_negative(ratio: Ratio) -> bool:
    return value_of(ratio) >= 0


def _is_date(text: str) -> bool:
    try:
        return bool(datetime.strptime(text, "%Y:%m:%d %H:%M:%S"))
    except ValueError:
        return False


def _is_day(text: str) -> bool:
    return _is_date(f"{text} 00:00:00")


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


def _degrees(largest: int) -> Callable[[Sequence[Ratio]], bool]:
    def is_true(angle: Sequence[Ratio]) -> bool:
        degrees, minutes, seconds = map(value_of, angle)
        return min(degrees, minutes, seconds) >= 0 and degrees + minutes / 60 + seconds / 3600 <= largest

    return is_true


def _is_time(clock: Sequence[Ratio]) -> bool:
    hours, minutes, seconds = map(value_of, clock)
    return 0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 61


def _is_lens(ends: Sequence[Ratio]) -> bool:
    """Focal lengths from and to; the f-numbers there may be 0/0, unknown (Exif 3.0, 4.6.6.8)."""
    (shortest, below), (longest, per) = ends[:2]
    return below > 0 and per > 0 and 0 < shortest / below <= longest / per


def _text(directory: str, code: int, is_true: Callable[[Any], bool] = bool) -> ExifField:
    return ExifField(directory, code, ASCII, 0, is_true)


def _ratio(code: int, is_true: Callable[[Any], bool] = _not_negative) -> ExifField:
    return ExifField(EXIF, code, RATIONAL, 1, is_true)


_OFFSET, _DIGITS = _matches(r"[+-]\d\d:\d\d"), _matches(r"\d+")
_LATITUDE, _LONGITUDE = _degrees(90), _degrees(180)

FIELDS: dict[str, ExifField] = {
    "ImageDescription": _text(MAIN, 0x010E),
    "Make": _text(MAIN, 0x010F),
    "Model": _text(MAIN, 0x0110),
    "Software": _text(MAIN, 0x0131),
    "DateTime": _text(MAIN, 0x0132, _is_date),
    "Artist": _text(MAIN, 0x013B),
    "Rating": ExifField(MAIN, 0x4746, SHORT, 1, lambda stars: 0 <= stars <= 5),
    "Copyright": _text(MAIN, 0x8298),
    "ExposureTime": _ratio(0x829A, _positive),
    "FNumber": _ratio(0x829D, _positive),
    "ExposureProgram": ExifField(EXIF, 0x8822, SHORT),
    "PhotographicSensitivity": ExifField(EXIF, 0x8827, LONG, 1, _positive),  # a SHORT, which some do not keep to
    "SensitivityType": ExifField(EXIF, 0x8830, SHORT, 1, lambda kind: 1 <= kind <= 7),
    "StandardOutputSensitivity": ExifField(EXIF, 0x8831, LONG, 1, _positive),
    "RecommendedExposureIndex": ExifField(EXIF, 0x8832, LONG, 1, _positive),
    "ISOSpeed": ExifField(EXIF, 0x8833, LONG, 1, _positive),
    "DateTimeOriginal": _text(EXIF, 0x9003, _is_date),
    "DateTimeDigitized": _text(EXIF, 0x9004, _is_date),
    "OffsetTime": _text(EXIF, 0x9010, _OFFSET),
    "OffsetTimeOriginal": _text(EXIF, 0x9011, _OFFSET),
    "OffsetTimeDigitized": _text(EXIF, 0x9012, _OFFSET),
    "ShutterSpeedValue": ExifField(EXIF, 0x9201, SRATIONAL),
    "ApertureValue": _ratio(0x9202),
    "BrightnessValue": ExifField(EXIF, 0x9203, SRATIONAL),
    "ExposureBiasValue": ExifField(EXIF, 0x9204, SRATIONAL),
    "MaxApertureValue": _ratio(0x9205),
    "SubjectDistance": _ratio(0x9206),
    "MeteringMode": ExifField(EXIF, 0x9207, SHORT),
    "LightSource": ExifField(EXIF, 0x9208, SHORT),
    "Flash": ExifField(EXIF, 0x9209, SHORT),
    "FocalLength": _ratio(0x920A, _positive),
    "UserComment": ExifField(EXIF, 0x9286, UNDEFINED, 0, bool),
    "SubSecTime": _text(EXIF, 0x9290, _DIGITS),
    "SubSecTimeOriginal": _text(EXIF, 0x9291, _DIGITS),
    "SubSecTimeDigitized": _text(EXIF, 0x9292, _DIGITS),
    "Temperature": ExifField(EXIF, 0x9400, SRATIONAL),
    "Humidity": _ratio(0x9401),
    "Pressure": _ratio(0x9402),
    "WaterDepth": ExifField(EXIF, 0x9403, SRATIONAL),
    "Acceleration": _ratio(0x9404),
    "CameraElevationAngle": ExifField(EXIF, 0x9405, SRATIONAL),
    "FlashEnergy": _ratio(0xA20B),
    "ExposureIndex": _ratio(0xA215),
    "SensingMethod": ExifField(EXIF, 0xA217, SHORT),
    "FileSource": ExifField(EXIF, 0xA300, UNDEFINED),
    "SceneType": ExifField(EXIF, 0xA301, UNDEFINED),
    "ExposureMode": ExifField(EXIF, 0xA402, SHORT),
    "WhiteBalance": ExifField(EXIF, 0xA403, SHORT),
    "DigitalZoomRatio": _ratio(0xA404),
    "FocalLengthIn35mmFilm": ExifField(EXIF, 0xA405, SHORT, 1, _positive),
    "SceneCaptureType": ExifField(EXIF, 0xA406, SHORT),
    "GainControl": ExifField(EXIF, 0xA407, SHORT),
    "SubjectDistanceRange": ExifField(EXIF, 0xA40C, SHORT),
    "ImageUniqueID": _text(EXIF, 0xA420),
    "CameraOwnerName": _text(EXIF, 0xA430),
    "BodySerialNumber": _text(EXIF, 0xA431),
    "LensSpecification": ExifField(EXIF, 0xA432, RATIONAL, 4, _is_lens),
    "LensMake": _text(EXIF, 0xA433),
    "LensModel": _text(EXIF, 0xA434),
    "LensSerialNumber": _text(EXIF, 0xA435),
    "GPSVersionID": ExifField(GPS, 0, BYTE, 4),
    "GPSLatitudeRef": _text(GPS, 1, _matches("[NS]")),
    "GPSLatitude": ExifField(GPS, 2, RATIONAL, 3, _LATITUDE),
    "GPSLongitudeRef": _text(GPS, 3, _matches("[EW]")),
    "GPSLongitude": ExifField(GPS, 4, RATIONAL, 3, _LONGITUDE),
    "GPSAltitudeRef": ExifField(GPS, 5, BYTE, 1, lambda ref: ref <= 3),
    "GPSAltitude": ExifField(GPS, 6, RATIONAL),
    "GPSTimeStamp": ExifField(GPS, 7, RATIONAL, 3, _is_time),
    "GPSSatellites": _text(GPS, 8),
    "GPSStatus": _text(GPS, 9),
    "GPSMeasureMode": _text(GPS, 10),
    "GPSDOP": ExifField(GPS, 11, RATIONAL),
    "GPSSpeedRef": _text(GPS, 12),
    "GPSSpeed": ExifField(GPS, 13, RATIONAL),
    "GPSTrackRef": _text(GPS, 14),
    "GPSTrack": ExifField(GPS, 15, RATIONAL),
    "GPSImgDirectionRef": _text(GPS, 16),
    "GPSImgDirection": ExifField(GPS, 17, RATIONAL),
    "GPSMapDatum": _text(GPS, 18),
    "GPSDestLatitudeRef": _text(GPS, 19, _matches("[NS]")),
    "GPSDestLatitude": ExifField(GPS, 20, RATIONAL, 3, _LATITUDE),
    "GPSDestLongitudeRef": _text(GPS, 21, _matches("[EW]")),
    "GPSDestLongitude": ExifField(GPS, 22, RATIONAL, 3, _LONGITUDE),
    "GPSDestBearingRef": _text(GPS, 23),
    "GPSDestBearing": ExifField(GPS, 24, RATIONAL),
    "GPSDestDistanceRef": _text(GPS, 25),
    "GPSDestDistance": ExifField(GPS, 26, RATIONAL),
    "GPSProcessingMethod": ExifField(GPS, 27, UNDEFINED, 0, bool),
    "GPSAreaInformation": ExifField(GPS, 28, UNDEFINED, 0, bool),
    "GPSDateStamp": _text(GPS, 29, _is_day),
    "GPSDifferential": ExifField(GPS, 30, SHORT),
    "GPSHPositioningError": ExifField(GPS, 31, RATIONAL),
}
