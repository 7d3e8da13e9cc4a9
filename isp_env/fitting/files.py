"""`fits.json`: which parameters reproduce a given picture of each raw, and how nearly; what an imitation learns from."""

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json
from isp_env.parameters.profiles import Profile, refuse_beyond

FORMAT = "attiqa-fits/1"
FITS = "fits.json"
"""What the file is called in the folder of a fit."""
LIMIT_SLACK = 1e-6  # of a parameter's range: a value written from float32 may be a rounding error outside


@dataclass(frozen=True)
class Fit:
    """The parameters that reproduce one picture of one raw, and how nearly the render comes.

    `raw`, `reference`: the files as they were named; `name`: the raw's stem; `params`: physical values by name, all of the
    profile's controls among them; `delta_e`: mean CIE Delta E 2000, `psnr`: dB, both of the render by the parameters alone;
    `scene`: raws of one scene have one; `sha256`: of the raw, empty if it was not taken; `weight`: of this example, for who
    learns from it; `figures`: the other residuals, by what they are of.
    """

    raw: str
    name: str
    params: Mapping[str, float]
    delta_e: float
    psnr: float
    reference: str
    scene: str = ""
    sha256: str = ""
    weight: float = 1.0
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fits:
    """Fits in one profile: which parameters were free, over which ranges."""

    profile: Profile
    items: tuple[Fit, ...]

    def by_name(self) -> dict[str, Fit]:
        """Return each fit by the stem of its raw."""
        return {item.name: item for item in self.items}


def write_fits(path: Path, fits: Fits) -> None:
    """Write the fits atomically; a raw comes once. Numbers that are not finite are a programmer's mistake."""
    content = {"format": FORMAT, "profile": asdict(fits.profile), "items": [asdict(item) for item in fits.items]}
    assert len(fits.by_name()) == len(fits.items), f"{path}: a raw comes twice"
    write_json(path, content, seal=True)


def read_fits(path: str | Path) -> Fits:
    """Return the fits of a file, or of the folder of a fit.

    Raises: InputError naming the file, the raw and the cure for what is no such file, of another version, empty, holds a raw
    twice, or a value that its stage does not take.
    """
    path = Path(path) / FITS if Path(path).is_dir() else Path(path)
    content = read_json(path)
    if not isinstance(content, dict) or not str(content.get("format", "")).startswith("attiqa-fits/"):
        raise InputError(f"{path}: holds no fits; give the {FITS} of `attiqa fit`")
    if content["format"] != FORMAT:
        raise InputError(f"{path}: is of format {content['format']}, and this version reads {FORMAT}; fit again")
    try:
        profile = Profile.from_stored(content["profile"])
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise InputError(f"{path}: its profile is damaged ({error}); fit again") from error
    rows = content.get("items")
    if not isinstance(rows, list) or not rows:
        raise InputError(f"{path}: holds no fitted raw; fit again")
    items = tuple(_item(path, place, row, profile) for place, row in enumerate(rows))
    _refuse_twice(path, items)
    return Fits(profile, items)


def _item(path: Path, place: int, row: Any, profile: Profile) -> Fit:
    if not isinstance(row, dict):
        raise InputError(f"{path}: item {place} is no table; fit again")
    where = f"{path}: {row.get('name', f'item {place}')}"
    try:
        fit = Fit(**row)
    except TypeError as error:
        raise InputError(f"{where}: has not the fields of {FORMAT} ({error}); fit again") from error
    texts = (fit.raw, fit.name, fit.reference, fit.scene, fit.sha256)
    if not all(isinstance(text, str) for text in texts) or not fit.name or not isinstance(fit.params, dict):
        raise InputError(f"{where}: its names are no texts, or its params no table; fit again")
    for number in (fit.delta_e, fit.psnr, fit.weight, *fit.params.values()):
        if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) <= sys.float_info.max:
            raise InputError(f"{where}: {repr(number)[:40]} is not a number; fit again")
    if fit.weight < 0 or not isinstance(fit.figures, dict):
        raise InputError(f"{where}: its weight is below 0, or its figures are no table; fit again")
    if missing := [name for name in profile.names if name not in fit.params]:
        raise InputError(f"{where}: has no value of {missing[0]}, which its profile sets; fit again")
    return _within_limits(where, fit, profile)


def _within_limits(where: str, fit: Fit, profile: Profile) -> Fit:
    values = {}
    for name, value in fit.params.items():
        low, high = profile.known[name].limits if name in profile.known else (value, value)
        slack = LIMIT_SLACK * (high - low)
        values[name] = min(max(value, low), high) if low - slack <= value <= high + slack else value
        try:
            refuse_beyond(name, values[name], known=profile.known)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
    return Fit(**{**asdict(fit), "params": values})


def _refuse_twice(path: Path, items: tuple[Fit, ...]) -> None:
    seen: set[str] = set()
    for item in items:
        if item.name in seen:
            raise InputError(f"{path}: {item.name}: comes twice; give raws of different names, or fit them apart")
        seen.add(item.name)
