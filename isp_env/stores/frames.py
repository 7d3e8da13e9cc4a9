"""Proxies as bytes and back, bit for bit: samples, crops and shading as arrays, everything else as JSON. Nothing is pickled.

A block is the length of its JSON head in ALIGNMENT characters, the head, and then the arrays; each part is filled up to whole
ALIGNMENTs, so that arrays can be used where they lie.
"""

import json
from dataclasses import replace
from typing import Any

import numpy as np

from isp_env.colorimetry.colour import CameraCalibration
from isp_env.frames.raw_samples import Crop, RawSamples
from isp_env.lens.shading import LensShading
from isp_env.raw import RawFrame
from isp_env.stores.bake_recipe import Precision

ALIGNMENT = 64  # bytes; a cache line
MOST_STEPS = 65535

AS_THEY_ARE = ("cfa", "baseline_exposure_ev", "scale", "prepared", "metadata", "name", "path")
TUPLES = ("black_level_dn", "white_level_dn", "wb_as_shot", "noise", "sensor_noise", "optical_centre_px")


class _Arrays:
    """Arrays on their way into a block, and where each will lie, counted from the end of the head."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def add(self, array: np.ndarray) -> dict[str, Any]:
        little_endian = array.dtype.newbyteorder("<")
        place = {"at": self.size, "shape": list(array.shape), "dtype": little_endian.str}
        self.parts.append(_filled(np.ascontiguousarray(array, little_endian).tobytes(), b"\0"))
        self.size += len(self.parts[-1])
        return place


def rounded(frame: RawFrame, precision: Precision) -> RawFrame:
    """Return the proxy with the samples that a store of this precision gives back."""
    if precision == "float32":
        return frame
    crops = tuple(replace(crop, frame=replace(crop.frame, samples=_back(crop.frame.samples))) for crop in frame.crops)
    denoised = None if frame.denoised is None else _back(frame.denoised)
    return replace(frame, samples=_back(frame.samples), denoised=denoised, crops=crops)


def _back(samples: np.ndarray) -> np.ndarray:
    return _from_steps(*_to_steps(samples))


def _to_steps(samples: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Samples as uint16 that are even in their signed square root, nearly as the eye is, with the lowest root and the step."""
    roots = np.sign(samples) * np.sqrt(np.abs(samples.astype(np.float64)))
    lowest = float(roots.min())
    step = (float(roots.max()) - lowest) / MOST_STEPS or 1.0
    return np.rint((roots - lowest) / step).astype(np.uint16), lowest, step


def _from_steps(steps: np.ndarray, lowest: float, step: float) -> np.ndarray:
    roots = steps.astype(np.float32) * np.float32(step) + np.float32(lowest)
    return roots * np.abs(roots)


def to_block(frame: RawFrame, precision: Precision) -> bytes:
    """Return a proxy as a block; its samples, and those of its crops, are kept in `precision`."""
    arrays = _Arrays()
    described = _described(frame, arrays, precision)
    described["crops"] = [
        {"frame": _described(crop.frame, arrays, precision), "place": crop.place, "proxy_px": crop.proxy_px}
        for crop in frame.crops
    ]
    head = _filled(json.dumps(described, allow_nan=False, ensure_ascii=False).encode(), b" ")
    return b"".join([str(len(head)).ljust(ALIGNMENT).encode(), head, *arrays.parts])


def from_block(block: np.ndarray) -> RawFrame:
    """Return the proxy of a block (uint8); samples that are kept in float32 are views of it."""
    start = ALIGNMENT + int(block[:ALIGNMENT].tobytes())
    head, arrays = json.loads(block[ALIGNMENT:start].tobytes()), block[start:]
    crops = []
    for crop in head.pop("crops"):
        row, column = crop["place"]
        crops.append(Crop(_frame(crop["frame"], arrays), (row, column), crop["proxy_px"]))
    return replace(_frame(head, arrays), crops=tuple(crops))


def _filled(content: bytes, filling: bytes) -> bytes:
    return content + filling * (-len(content) % ALIGNMENT)


def _described(frame: RawSamples, arrays: _Arrays, precision: Precision) -> dict[str, Any]:
    calibration, shading = frame.calibration, frame.shading

    def kept(samples: np.ndarray) -> dict[str, Any]:
        steps, *root = _to_steps(samples) if precision == "uint16" else (samples,)
        return {**arrays.add(steps), "root": root}

    return {
        **{name: getattr(frame, name) for name in (*AS_THEY_ARE, *TUPLES)},
        "samples": kept(frame.samples),
        "denoised": None if frame.denoised is None else kept(frame.denoised),
        "calibration": {
            "xyz_to_camera": [arrays.add(each) for each in calibration.xyz_to_camera],
            "illuminant_kelvin": calibration.illuminant_kelvin,
            "white_to_d50": [arrays.add(each) for each in calibration.white_to_d50],
            "individual": [arrays.add(each) for each in calibration.individual],
            "illuminant_duv": calibration.illuminant_duv,
        },
        "shading": shading
        and {
            "gains": arrays.add(shading.gains),
            "grid_px": arrays.add(np.array([shading.first_px, shading.spacing_px], np.float64)),  # may be infinite
        },
    }


def _frame(described: dict[str, Any], arrays: np.ndarray) -> RawFrame:
    calibration, shading = described["calibration"], described["shading"]
    denoised = described["denoised"]
    plain: dict[str, Any] = {name: described[name] for name in AS_THEY_ARE}
    plain |= {name: described[name] and tuple(described[name]) for name in TUPLES}
    return RawFrame(
        **plain,
        samples=_samples(described["samples"], arrays),
        denoised=denoised and _samples(denoised, arrays),
        calibration=CameraCalibration(
            tuple(_array(each, arrays) for each in calibration["xyz_to_camera"]),
            tuple(calibration["illuminant_kelvin"]),
            tuple(_array(each, arrays) for each in calibration["white_to_d50"]),
            tuple(_array(each, arrays) for each in calibration.get("individual", ())),
            tuple(calibration.get("illuminant_duv", ())),
        ),
        shading=shading and _shading(shading, arrays),
    )


def _samples(described: dict[str, Any], arrays: np.ndarray) -> np.ndarray:
    samples, root = _array(described, arrays), described["root"]
    return _from_steps(samples, *root) if root else samples


def _shading(described: dict[str, Any], arrays: np.ndarray) -> LensShading:
    (row, column), (down, across) = _array(described["grid_px"], arrays).tolist()
    return LensShading(_array(described["gains"], arrays), (row, column), (down, across))


def _array(place: dict[str, Any], arrays: np.ndarray) -> np.ndarray:
    dtype = np.dtype(place["dtype"])
    start = place["at"]
    content = arrays[start : start + dtype.itemsize * int(np.prod(place["shape"]))]
    return content.view(dtype).reshape(place["shape"])
