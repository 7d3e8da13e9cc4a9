"""Lenses of lensfun's database (CC BY-SA 3.0) through lensfunpy, an extra: its maps are looked up on lines and become ours.

One resampler so serves all; lensfun itself (LGPL) is asked for coordinates and gains alone.
"""

import functools
import importlib
import importlib.util
import re
from typing import Any

import numpy as np

from attiqa_core.errors import UsageError
from isp_env.lens.geometry import GREEN, TERMS, LensGeometry, fault_of
from isp_env.lens_profiles.profile import KNOTS, LensProfile, shading_of
from isp_env.raw import RawFrame

INSTALL = "pip install 'attiqa-isp[lens]'"
FARTHEST_M = 1000.0  # lensfun's own, where a file says no distance
LARGEST_FIT_ERROR_PX = 0.1
MOST_NAMES = 5
_PLACES, _DEGREE = 16, 6  # a side; an even number, so that none is the middle itself


def is_installed() -> bool:
    """Return whether lensfunpy is there."""
    return importlib.util.find_spec("lensfunpy") is not None


def refuse_missing() -> None:
    """Raises: UsageError where lensfunpy is not installed."""
    if not is_installed():
        raise UsageError(f"--lens lensfun: needs lensfunpy, which is not installed; {INSTALL}")


def lensfun_profile(frame: RawFrame, lens_name: str | None = None) -> LensProfile | str:
    """Return the profile of the frame's lens, or in words why there is none; `lens_name` in place of what the file says."""
    lens = _find(frame, lens_name)
    if isinstance(lens, str):
        return lens
    camera, lens = lens
    focal, aperture = frame.metadata.get("focal_length_mm"), frame.metadata.get("f_number")
    if not focal:
        return f"lensfun's {lens.model}: the file states no focal length"
    height, width = frame.samples.shape[:2]
    told = (float(focal), float(aperture or lens.min_aperture or 8.0))
    geometry = _geometry(camera, lens, told, height, width)
    if isinstance(geometry, str):
        return f"lensfun's {lens.model}: {geometry}"
    shading = _shading(camera, lens, told, height, width) if aperture else None
    if geometry is None and shading is None:
        return f"lensfun's {lens.model}: the database has no numbers for {focal:g} mm"
    return LensProfile(f"lensfun, {lens.model}", geometry, shading)


@functools.cache
def _database() -> Any:
    return _lensfunpy().Database()


def _lensfunpy() -> Any:
    return importlib.import_module("lensfunpy")


def _find(frame: RawFrame, lens_name: str | None) -> tuple[Any, Any] | str:
    make, model = frame.metadata.get("make") or "", frame.metadata.get("model") or ""
    name = lens_name or (frame.metadata.get("exif") or {}).get("LensModel") or ""
    cameras = _database().find_cameras(make, model) or _database().find_cameras(None, model) if model else []
    if not cameras:
        return f"lensfun does not know the camera {(make + ' ' + model).strip() or '(none is named)'}"
    lenses = _database().find_lenses(cameras[0], None, name or None, True)
    names = list(dict.fromkeys(lens.model for lens in lenses))
    fitting = [each for each in names if _same(each, name)] if name else names
    unlike = {each: len(_words(each) ^ _words(name)) for each in fitting}
    nearest = [each for each in fitting if unlike[each] == min(unlike.values())]
    if len(nearest) == 1:
        return cameras[0], next(lens for lens in lenses if lens.model == nearest[0])
    found = ", ".join((fitting or names)[:MOST_NAMES]) or "none"
    return f"lensfun: {name or 'a lens without a name'} is none of its lenses for certain (found: {found}); --lens-name picks one"


def _same(known: str, name: str) -> bool:
    """Whether all words of one name are in the other."""
    one, other = _words(known), _words(name)
    return one <= other or other <= one


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+|[0-9.]+", name.lower()))


def _modifier(camera: Any, lens: Any, told: tuple[float, float], height: int, width: int) -> Any:
    lensfunpy = _lensfunpy()
    modifier = lensfunpy.Modifier(lens, camera.crop_factor, width, height)
    flags = lensfunpy.ModifyFlags.DISTORTION | lensfunpy.ModifyFlags.TCA | lensfunpy.ModifyFlags.VIGNETTING
    modifier.initialize(*told, distance=FARTHEST_M, scale=1.0, pixel_format=np.float32, flags=flags)
    return modifier


def _geometry(camera: Any, lens: Any, told: tuple[float, float], height: int, width: int) -> LensGeometry | str | None:
    """A polynomial of the radius through lensfun's map at places all over the picture."""
    modifier = _modifier(camera, lens, told, height, width)
    rows, columns = np.meshgrid(np.linspace(0, height - 1, _PLACES), np.linspace(0, width - 1, _PLACES), indexing="ij")
    found = [_drawn_at(modifier, float(x), float(y)) for x, y in zip(columns.ravel(), rows.ravel(), strict=True)]
    if any(place is None for place in found):
        return None
    drawn = np.stack([place for place in found if place is not None])  # places, colours, (x, y)
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    radius = float(np.hypot(*centre))
    offsets = np.stack([columns.ravel(), rows.ravel()], -1) - centre
    squared = np.maximum((offsets**2).sum(-1), 1e-9)
    radii = np.sqrt(squared) / radius
    ratios = ((drawn - centre) * offsets[:, None]).sum(-1) / squared[:, None]
    radial = np.zeros((3, TERMS))
    for colour in range(3):
        fit = np.polynomial.Chebyshev.fit(radii, ratios[:, colour], _DEGREE, [0, 1], w=radii)
        terms = fit.convert(kind=np.polynomial.Polynomial).coef
        radial[colour, : len(terms)] = terms
    middle = (float(centre[1]), float(centre[0]))
    geometry = LensGeometry(radial, np.zeros((3, 2)), middle, middle, (radius, radius))
    down, across = geometry.source_px(rows.ravel(), columns.ravel(), GREEN)
    error = np.abs(np.stack([across, down], -1) - drawn[:, GREEN]).max()
    if error > LARGEST_FIT_ERROR_PX:
        return f"its map is not one about the middle (to {error:.2g} px)"
    return fault_of(geometry) or geometry


def _drawn_at(modifier: Any, x: float, y: float) -> np.ndarray | None:
    """Where red, green and blue of a place are drawn; one place at a time, for along a row lensfun adds up rounding: 0.2 px."""
    both = modifier.apply_subpixel_geometry_distortion(x, y, 1, 1)
    if both is not None:
        return both[0, 0].astype(np.float64)
    alone = modifier.apply_geometry_distortion(x, y, 1, 1)
    return None if alone is None else np.tile(alone[0, 0].astype(np.float64), (3, 1))


def _shading(camera: Any, lens: Any, told: tuple[float, float], height: int, width: int) -> Any:
    """Gains of a small picture of the same shape, whose pixels are the knots."""
    small = (max(2, round(KNOTS * min(1, height / width))), max(2, round(KNOTS * min(1, width / height))))
    light = np.ones((*small, 3), np.float32)
    if not _modifier(camera, lens, told, *small).apply_color_modification(light):
        return None
    return shading_of(light.transpose(2, 0, 1), height, width)
