"""The parameters of another program: where they may lie, and how their values become text."""

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from attiqa_core.errors import InputError
from isp_env.black_box.placeholders import OF_A_RUN
from isp_env.parameters.table import Parameter

STAGE = "black box"
USUAL_SPREAD = 0.5
FARTHEST = 1e30  # from 0: a float32 holds it, and sums and squares of a few such
NAME = re.compile(r"[a-z][a-z0-9_]*")
DECIMALS = re.compile(r"\+?\.\d{1,2}[fg]|g")
KEYS = ("low", "high", "default", "scale", "unit", "doc", "format", "whole", "choices", "spread")

BYTES: Mapping[str, Callable[[float], str]] = {
    "float32-hex": lambda value: struct.pack("<f", value).hex(),
    "int32-hex": lambda value: struct.pack("<i", round(value)).hex(),
}
"""Formats of numbers inside a binary blob that is written as hexadecimal digits, little-endian."""


@dataclass(frozen=True)
class Setting:
    """One parameter: its row as our own have them, and its text. A choice is the number of its word, from 0."""

    parameter: Parameter
    format: str = ".6g"
    whole: bool = False
    choices: tuple[str, ...] = ()

    def text(self, value: float) -> str:
        """Return what stands in the command line or sidecar for a value, which is brought into the range first."""
        value = min(max(value, self.parameter.low), self.parameter.high)
        if self.choices:
            return self.choices[round(value)]
        value = round(value) if self.whole else value
        if self.format in BYTES:
            return BYTES[self.format](value)
        return str(value) if self.whole else format(value + 0.0, self.format)


def read_setting(where: str, name: str, table: Any) -> Setting:
    """Return the parameter of a table of the description; `where` begins each message: file and table.

    Raises: InputError naming the key that is wrong.
    """
    if not isinstance(table, dict):
        raise InputError(f"{where}: is no table; write [parameters.{name}] and low, high and default below it")
    if not NAME.fullmatch(name) or name in OF_A_RUN:
        reserved = ", ".join(OF_A_RUN)
        raise InputError(f"{where}: {name!r} is no parameter's name; give a-z, 0-9 and _, and none of {reserved}")
    if strange := [key for key in table if key not in KEYS]:
        raise InputError(f"{where} {strange[0]}: is not known; a parameter has {', '.join(KEYS)}")
    about = {key: _text(where, table, key) for key in ("unit", "doc")}
    spread = _number(where, table, "spread", USUAL_SPREAD)
    if spread <= 0:
        raise InputError(f"{where} spread = {spread:g}: give a number above 0")
    if "choices" in table:
        return _choice(where, name, table, about, spread)
    low, high, default = (_number(where, table, key) for key in ("low", "high", "default"))
    scale = table.get("scale", "linear")
    if scale not in ("linear", "log"):
        raise InputError(f"{where} scale = {scale!r}: is not 'linear' or 'log'")
    if not low < high or not low <= default <= high:
        raise InputError(f"{where}: low {low:g}, default {default:g}, high {high:g} are not in this order")
    if scale == "log" and low <= 0:
        raise InputError(f"{where} low = {low:g}: a scale in logarithms has to begin above 0")
    parameter = Parameter(name, about["unit"], low, high, default, scale, STAGE, spread, about["doc"])
    setting = Setting(parameter, *_format(where, table, (low, high, default)))
    for value in (low, high):
        try:
            setting.text(value)
        except (struct.error, OverflowError) as error:
            raise InputError(f"{where} format = {setting.format!r}: cannot hold {value:g} ({error})") from error
    return setting


def _choice(where: str, name: str, table: Mapping[str, Any], about: Mapping[str, str], spread: float) -> Setting:
    words = table["choices"]
    if not isinstance(words, list) or len(words) < 2 or not all(isinstance(word, str) for word in words):
        raise InputError(f'{where} choices: give a list of two words or more, ["amaze", "rcd"]')
    if len(set(words)) < len(words):
        raise InputError(f"{where} choices: holds a word twice")
    if other := [key for key in ("low", "high", "scale", "format", "whole") if key in table]:
        raise InputError(f"{where} {other[0]}: has no place beside choices; leave it out")
    if table.get("default") not in words:
        raise InputError(f"{where} default = {table.get('default')!r}: is not one of {', '.join(words)}")
    last, default = float(len(words) - 1), float(words.index(table["default"]))
    return Setting(
        Parameter(name, about["unit"], 0.0, last, default, "linear", STAGE, spread, about["doc"]), choices=tuple(words)
    )


def _format(where: str, table: Mapping[str, Any], values: tuple[float, ...]) -> tuple[str, bool]:
    whole = table.get("whole", False)
    if not isinstance(whole, bool):
        raise InputError(f"{where} whole = {whole!r}: give true or false")
    if whole and (broken := [value for value in values if value != round(value)]):
        raise InputError(f"{where}: whole numbers are asked for, and {broken[0]:g} is none")
    form = table.get("format", ".6g")
    if not isinstance(form, str) or (form not in BYTES and not DECIMALS.fullmatch(form)):
        raise InputError(f'{where} format = {form!r}: give decimals such as ".3f" or ".6g", or {", ".join(BYTES)}')
    return form, whole


def _number(where: str, table: Mapping[str, Any], key: str, otherwise: float | None = None) -> float:
    value = table.get(key, otherwise)
    if value is None:
        raise InputError(f"{where}: has no {key}; give low, high and default (which changes nothing)")
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise InputError(f"{where} {key} = {value!r}: is not a number")
    if not -FARTHEST <= value <= FARTHEST:
        raise InputError(f"{where} {key} = {str(value)[:40]}: is farther from 0 than {FARTHEST:g}")
    return float(value)


def _text(where: str, table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise InputError(f"{where} {key} = {value!r}: is not text; put it between quotes")
    return value
