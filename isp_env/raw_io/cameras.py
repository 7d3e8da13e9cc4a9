"""A few real cameras as data, for synthetic raws: colour matrices, levels and noise.

Matrices are Adobe's, as LibRaw 0.22 lists them (src/tables/colordata.cpp; IMX219: LibRaw's own), for D65;
the GoPro's are the ColorMatrix tags of its own DNG files. Levels are typical of the models; noise is a full
well of that pixel size at ISO 100.
"""

from dataclasses import dataclass

import numpy as np

from isp_env.colorimetry.colour import CameraCalibration

TUNGSTEN_KELVIN, D50_KELVIN, D65_KELVIN = 2850.0, 5000.0, 6500.0


@dataclass(frozen=True)
class Camera:
    """What a synthetic raw needs to know of a camera. `noise_at_iso_100` is the (a, b) of variance = a x + b."""

    make: str
    model: str
    calibration: CameraCalibration
    black_level_dn: float
    white_level_dn: float
    noise_at_iso_100: tuple[float, float]

    def noise(self, iso: float) -> tuple[float, float]:
        """Return (a, b) at another ISO: shot noise grows with the gain, read noise with its square."""
        shot, read = self.noise_at_iso_100
        return shot * iso / 100, read * (iso / 100) ** 2


def _matrix(*ten_thousandths: int) -> np.ndarray:
    return np.array(ten_thousandths).reshape(3, 3) / 10_000


GOPRO_CALIBRATION = CameraCalibration(
    (
        _matrix(18331, -8166, -2478, 1391, 8961, -367, 822, 662, 2597),
        _matrix(10344, -4210, -620, -2315, 10625, 1948, 93, 1058, 5541),
    ),
    (TUNGSTEN_KELVIN, D50_KELVIN),
)

CAMERAS: dict[str, Camera] = {
    "gopro-hero6": Camera("GoPro", "HERO6 Black", GOPRO_CALIBRATION, 0, 16383, (1.56e-4, 4.9e-8)),
    "canon-5d4": Camera(
        "Canon",
        "EOS 5D Mark IV",
        CameraCalibration((_matrix(6446, -366, -864, -4436, 12204, 2513, -952, 2496, 6348),), (D65_KELVIN,)),
        512,
        16383,
        (1.6e-5, 3.5e-9),
    ),
    "nikon-d850": Camera(
        "Nikon",
        "D850",
        CameraCalibration((_matrix(10405, -3755, -1270, -5461, 13787, 1793, -1040, 2015, 6785),), (D65_KELVIN,)),
        400,
        16383,
        (1.8e-5, 3.0e-9),
    ),
    "sony-a7m3": Camera(
        "Sony",
        "ILCE-7M3",
        CameraCalibration((_matrix(7374, -2389, -551, -5435, 13162, 2519, -1006, 1795, 6552),), (D65_KELVIN,)),
        512,
        16383,
        (1.2e-5, 2.5e-9),
    ),
    "pi-imx219": Camera(
        "Raspberry Pi",
        "IMX219",
        CameraCalibration((_matrix(5302, 1083, -728, -5320, 14112, 1699, -863, 2371, 5136),), (D65_KELVIN,)),
        66,
        1023,
        (2.3e-4, 1.2e-6),
    ),
}
"""By name: an action camera, three full-frame cameras and a phone-sized sensor; 10 and 14 bit."""
