"""What is measured of one picture of the chart, and of the three that a command compares, as plain figures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from attiqa_core.srgb import linear_from_srgb, luminance
from experiments.chart.camera_matrix import camera_xyz
from experiments.chart.colour_errors import ColourErrors, colour_errors, xyz_from_linear_srgb
from experiments.chart.edges import Region
from experiments.chart.patches import Patches, picture_patches, raw_patches
from experiments.chart.placement import Placement
from experiments.chart.reference import MIDDLE_GREYS, Reference
from experiments.chart.sharpness import Sfr, measure_sfr
from isp_env.raw import RawFrame

ABOUT = {
    "camera": "linear light: the raw's samples through white balance and camera matrix alone; sharpness after demosaicing",
    "default": "the camera-default render, its sRGB curve undone",
    "tuned": "the tuned render, its sRGB curve undone",
}
DIGITS = 6


@dataclass(frozen=True)
class Measured:
    """One picture: `name` is a key of `ABOUT`; `sfr` is None where there is no edge to measure."""

    name: str
    patches: Patches
    errors: ColourErrors
    sfr: Sfr | None


def measure_camera(
    frame: RawFrame, linear_look: torch.Tensor, placement: Placement, reference: Reference, region: Region | None
) -> Measured:
    """Return the figures of the raw itself; `linear_look` is its linear render, which sharpness alone is taken from."""
    patches = raw_patches(frame, placement)
    return Measured(
        "camera", patches, colour_errors(camera_xyz(frame, patches.mean), reference.lab), _sfr(linear_look, region)
    )


def measure_picture(
    name: str, display_rgb: torch.Tensor, placement: Placement, reference: Reference, region: Region | None
) -> Measured:
    """Return the figures of a display sRGB picture (3, H, W)."""
    patches = picture_patches(display_rgb, placement)
    errors = colour_errors(xyz_from_linear_srgb(patches.mean), reference.lab)
    return Measured(name, patches, errors, _sfr(display_rgb, region))


def linear_luminance(display_rgb: torch.Tensor) -> Float[np.ndarray, "height width"]:
    """Return the luminance of display sRGB (3, H, W), in linear light."""
    return luminance(linear_from_srgb(display_rgb)[None])[0, 0].numpy()


def _sfr(display_rgb: torch.Tensor, region: Region | None) -> Sfr | None:
    if region is None:
        return None
    rows, columns = slice(region.top, region.top + region.height), slice(region.left, region.left + region.width)
    return measure_sfr(linear_luminance(display_rgb[:, rows, columns]))


def summary(measured: Measured, reference: Reference) -> dict[str, Any]:
    """Return the main figures of one picture."""
    errors, patches = measured.errors, measured.patches
    worst = int(errors.delta_e.argmax())
    greys = patches.snr_db[MIDDLE_GREYS].mean(0)
    return {
        "delta_e_mean": _rounded(errors.delta_e.mean()),
        "delta_e_max": _rounded(errors.delta_e[worst]),
        "delta_e_worst_patch": reference.names[worst],
        "delta_e_as_is_mean": _rounded(errors.delta_e_as_is.mean()),
        "delta_c_mean": _rounded(errors.delta_c.mean()),
        "exposure_ev": _rounded(errors.exposure_ev),
        "tone_slope": _rounded(errors.tone_slope),
        "saturation": _rounded(errors.saturation),
        "grey_delta_c": _rounded(errors.grey_delta_c),
        "warmer_mired": _rounded(errors.warmer_mired),
        "greener_duv": _rounded(errors.greener_duv),
        "snr_db_of_greys": dict(zip(_channels(patches), map(_rounded, greys), strict=True)),
        "mtf50": measured.sfr and _rounded_or_none(measured.sfr.mtf50),
        "mtf10": measured.sfr and _rounded_or_none(measured.sfr.mtf10),
        "clipped_patches": [reference.names[patch] for patch in np.flatnonzero(patches.clipped)],
    }


def rows(measured: Measured, reference: Reference) -> list[dict[str, Any]]:
    """Return a row for each patch, in the columns of chart.csv."""
    errors, patches = measured.errors, measured.patches
    return [
        {
            "picture": measured.name,
            "patch": patch + 1,
            "name": reference.names[patch],
            **_triple("", errors.lab[patch]),
            **_triple("reference_", reference.lab[patch]),
            "delta_e_2000": _rounded(errors.delta_e[patch]),
            "delta_e_2000_as_is": _rounded(errors.delta_e_as_is[patch]),
            "delta_c": _rounded(errors.delta_c[patch]),
            **_per_channel("snr_db", _channels(patches), patches.snr_db[patch]),
            **_per_channel("noise", _channels(patches), patches.noise[patch]),
            **_per_channel("mean", _channels(patches), patches.level[patch]),
            "clipped": bool(patches.clipped[patch]),
        }
        for patch in range(len(reference.names))
    ]


def sfr_figures(sfr: Sfr) -> dict[str, Any]:
    """Return the curve and what was read from it."""
    return {
        "mtf50": _rounded_or_none(sfr.mtf50),
        "mtf10": _rounded_or_none(sfr.mtf10),
        "angle_deg": _rounded(sfr.angle_deg),
        "contrast": _rounded(sfr.contrast),
        "stray_px": _rounded(sfr.stray_px),
        "cycles_per_px": [_rounded(each) for each in sfr.frequency],
        "response": [_rounded(each) for each in sfr.response],
    }


def _channels(patches: Patches) -> tuple[str, ...]:
    return ("r", "g", "b", "y")[: patches.noise.shape[1]]


def _triple(prefix: str, lab: np.ndarray) -> dict[str, float]:
    return {f"{prefix}{name}": _rounded(value) for name, value in zip("Lab", lab, strict=True)}


def _per_channel(kind: str, channels: tuple[str, ...], values: np.ndarray) -> dict[str, float | str]:
    known = dict(zip(channels, map(_rounded, values), strict=True))
    return {f"{kind}_{name}": known.get(name, "") for name in "rgby"}


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)


def _rounded_or_none(value: float | None) -> float | None:
    return None if value is None else _rounded(value)
