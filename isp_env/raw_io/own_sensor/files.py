"""Sensor files: what a user knows of their own sensor, as a TOML file beside the raws.

`NAME.sensor.toml` is for one raw, `sensor.toml` for all of its folder; what the command line says comes before both.
docs/own-sensors.md has the tables and keys.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError
from attiqa_core.files.regular import is_file
from attiqa_core.files.toml_tables import numbers, read_tables
from isp_env.colorimetry.calibration import CameraCalibration
from isp_env.colorimetry.rgb_spaces import D65_KELVIN
from isp_env.raw_io.dng_tags.camera_profiles import read_dcp
from isp_env.raw_io.find import own_sensor_file
from isp_env.raw_io.own_sensor.description import (
    NOTHING,
    Layout,
    SensorDescription,
    check_levels,
    checked_ccm,
    checked_matrix,
    four_levels,
)
from isp_env.sensor.channel_numbers import checked_gains

FOLDER_FILE = "sensor.toml"
Tables = Mapping[str, Mapping[str, Any]]
KEYS: Mapping[str, tuple[str, ...]] = {
    "raw": ("width", "height", "cfa", "packing", "offset_bytes", "row_bytes", "orientation"),
    "levels": ("black_dn", "white_dn", "black_frame"),
    "white_balance": ("gains",),
    "calibration": ("xyz_to_camera", "illuminant_kelvin", "ccm", "dcp"),
    "noise": ("variance",),
    "shading": ("flat_field",),
    "capture": ("iso", "make", "model"),
}
"""The tables of a sensor file and their keys."""


def description_of(raw: Path, given: SensorDescription = NOTHING) -> SensorDescription:
    """Return what is known of a raw's sensor: as given, else in the raw's own sensor file, else in its folder's.

    Raises: InputError naming the file and the key.
    """
    known = given
    for path in (own_sensor_file(raw), raw.parent / FOLDER_FILE):
        if path.is_file():
            known = known.over(read_description(path))
    return known


def read_description(path: Path) -> SensorDescription:
    """Return what a sensor file says. Raises: InputError naming the file and the key."""
    tables = read_tables(path, KEYS)
    levels, capture = tables.get("levels", {}), tables.get("capture", {})
    black, white = _numbers(path, tables, "levels", "black_dn", (1, 4)), _one(path, tables, "levels", "white_dn")
    dcp = _beside(path, "calibration", "dcp", tables.get("calibration", {}))
    gains = _numbers(path, tables, "white_balance", "gains", (3,))
    noise = _numbers(path, tables, "noise", "variance", (2,))
    if noise and (min(noise) < 0 or max(noise) > 1):
        raise InputError(f"{path}: [noise] variance {list(noise)}: give a and b of variance = a x + b, both in [0, 1]")
    levels_dn = four_levels(black) if black else None
    check_levels(f"{path}: [levels]", levels_dn, white)
    return SensorDescription(
        layout=_layout(path, tables["raw"]) if "raw" in tables else None,
        black_dn=levels_dn,
        white_dn=white,
        black_frame=_beside(path, "levels", "black_frame", levels),
        gains=checked_gains(f"{path}: [white_balance]", gains) if gains else None,
        calibration=_calibration(path, tables),
        ccm=_ccm(path, tables),
        profile=read_dcp(dcp) if dcp else None,
        noise=(noise[0], noise[1]) if noise else None,
        flat_field=_beside(path, "shading", "flat_field", tables.get("shading", {})),
        iso=_one(path, tables, "capture", "iso"),
        make=_text(path, "make", capture),
        model=_text(path, "model", capture),
    )


def _layout(path: Path, table: Mapping[str, Any]) -> Layout:
    if missing := [key for key in ("width", "height", "cfa") if key not in table]:
        raise InputError(f"{path}: [raw] {missing[0]}: is missing; [raw] needs width, height and cfa")
    for key, value in table.items():
        if not isinstance(value, str if key in ("cfa", "packing") else int) or isinstance(value, bool):
            raise InputError(
                f"{path}: [raw] {key}: {value!r} is not a {'text' if key in ('cfa', 'packing') else 'whole number'}"
            )
    layout = Layout(**table)
    layout.check(f"{path}: [raw]")
    return layout


def _ccm(path: Path, tables: Tables) -> np.ndarray | None:
    ccm = _numbers(path, tables, "calibration", "ccm", (9,))
    if len({"ccm", "dcp", "xyz_to_camera"} & tables.get("calibration", {}).keys()) > 1:
        raise InputError(f"{path}: [calibration] says the same twice; give one of xyz_to_camera, ccm and dcp")
    return checked_ccm(ccm, f"{path}: [calibration] ccm") if ccm else None


def _calibration(path: Path, tables: Tables) -> CameraCalibration | None:
    """As many matrices as there are illuminants."""
    if "calibration" not in tables or {"ccm", "dcp"} & tables["calibration"].keys():
        return None
    flat = _numbers(path, tables, "calibration", "xyz_to_camera", (9, 18))
    if not flat:
        raise InputError(f"{path}: [calibration] xyz_to_camera: is missing; give it, or ccm")
    label = f"{path}: [calibration] xyz_to_camera"
    matrices = tuple(checked_matrix(flat[start : start + 9], label) for start in range(0, len(flat), 9))
    kelvin = _numbers(path, tables, "calibration", "illuminant_kelvin", (len(matrices),)) or (D65_KELVIN,)
    if len(kelvin) != len(matrices) or not all(1000 <= each <= 25000 for each in kelvin):
        raise InputError(f"{path}: [calibration] illuminant_kelvin: give one for each matrix, from 1000 to 25000 K")
    return CameraCalibration(matrices, kelvin)


def _numbers(path: Path, tables: Tables, table: str, key: str, count: tuple[int, ...]) -> tuple[float, ...] | None:
    value = tables.get(table, {}).get(key)
    return None if value is None else numbers(path, table, key, value, count)


def _one(path: Path, tables: Tables, table: str, key: str) -> float | None:
    values = _numbers(path, tables, table, key, (1,))
    return values[0] if values else None


def _beside(path: Path, table: str, key: str, content: Mapping[str, Any]) -> Path | None:
    """A file named in a sensor file: relative to that."""
    if key not in content:
        return None
    if not isinstance(content[key], str) or not is_file(place := path.parent / content[key]):
        raise InputError(f"{path}: [{table}] {key}: no such file ({content[key]}), from this folder")
    return place


def _text(path: Path, key: str, content: Mapping[str, Any]) -> str | None:
    if key in content and not isinstance(content[key], str):
        raise InputError(f"{path}: [capture] {key}: {content[key]!r} is not a text")
    return content.get(key)
