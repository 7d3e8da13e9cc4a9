"""Sensor noise where a file does not state it, and drawing it."""

from collections.abc import Sequence

import numpy as np

BASE_ISO = 100.0
BASE_SHOT = 2.5e-5  # 1 / 40,000 electrons: full well at ISO 100 of a pixel of about 4.5 um
BASE_READ = 5.6e-9  # (3 electrons / 40,000)^2: read noise at ISO 100 of such a sensor


def estimate_noise(iso: float | None, level_range_dn: Sequence[float]) -> tuple[tuple[float, float], str]:
    """Return (a, b) of variance = a x + b for a typical camera at `iso`, and a word on where they come from.

    Shot noise grows with the gain and read noise with its square; quantisation adds 1/12 DN^2.
    """
    known = iso is not None and iso > 0
    gain = (iso if known else BASE_ISO) / BASE_ISO  # type: ignore[operator]
    quantisation = 1 / (12 * min(level_range_dn) ** 2)
    source = f"estimated from ISO {iso:g}" if known else "assumed: a typical camera at ISO 100"
    return (BASE_SHOT * gain, BASE_READ * gain**2 + quantisation), source


def add_noise(normalised: np.ndarray, noise: tuple[float, float], generator: np.random.Generator) -> np.ndarray:
    """Return the samples with shot noise (Poisson, of 1 / a electrons at white) and Gaussian read noise."""
    shot, read = noise
    signal = np.maximum(normalised, 0)
    noisy = generator.poisson(signal / shot) * shot if shot > 0 else signal
    return noisy + generator.normal(0, np.sqrt(read), normalised.shape)
