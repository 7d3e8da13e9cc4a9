"""Linear camera RGB pictures with a measured illuminant beside them, as the INTEL-TAU / C5 sets keep them."""

from pathlib import Path

import numpy as np

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json
from isp_env.colorimetry.colour import CameraCalibration
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import GOPRO_CALIBRATION
from isp_env.raw_io.find import sidecar_of
from isp_env.raw_io.stored_png import read_png

ILLUMINANT_KEY = "illuminant_color_raw"
LEAST_LIGHT = 1e-6  # of any channel: no measured light has less, and gains of 1e300 are no numbers any more


def load_linear_png(path: str | Path, calibration: CameraCalibration = GOPRO_CALIBRATION) -> RawFrame:
    """Return the frame of a 16-bit linear camera RGB PNG with `NAME_metadata.json` beside it.

    The set gives no colour matrix. The default is a stand-in, another small Sony sensor's: under it the
    set's measured illuminants lie 0.008 Duv from the Planckian locus on average, at 2,930 to 5,810 K.
    Raises: InputError if a file is missing or is not of this kind.
    """
    path = Path(path)
    sidecar = sidecar_of(path)
    metadata = read_json(sidecar)
    illuminant = metadata.get(ILLUMINANT_KEY) if isinstance(metadata, dict) else None
    if not isinstance(illuminant, list) or len(illuminant) != 3 or not all(map(_is_light, illuminant)):
        raise InputError(f"{sidecar}: {ILLUMINANT_KEY} {illuminant!r} is not three positive numbers")
    samples = read_png(path)
    if samples.ndim != 3 or samples.shape[2] != 3 or samples.dtype != np.uint16:
        raise InputError(f"{path}: {samples.dtype} {samples.shape}; give a 16-bit RGB PNG of linear camera values")
    red, green, blue = illuminant
    return RawFrame.from_linear_rgb(
        samples.astype(np.float32) / 65535,
        wb_as_shot=(green / red, 1.0, green / blue),
        calibration=calibration,
        path=str(path),
    )


def _is_light(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and LEAST_LIGHT <= value <= 1 / LEAST_LIGHT
