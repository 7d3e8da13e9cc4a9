"""Plausible raws from finished photos: tone, colour and white balance undone, then the sensor's mosaic, noise and bits.

After Brooks et al. 2019, "Unprocessing Images for Learned Raw Denoising", with real cameras' matrices in
place of random ones.
"""

from dataclasses import replace

import numpy as np
import torch

from attiqa_core.errors import InputError
from attiqa_core.srgb import linear_from_srgb
from isp_env.colorimetry.colour import SRGB_TO_REC2020, ColourBatch, camera_neutral, white_balance_matrix
from isp_env.frames.raw_samples import Levels
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import Camera
from isp_env.sensor.cfa import CFA_PATTERNS, cfa_sites
from isp_env.sensor.noise import add_noise


def synthesise(
    display_rgb: np.ndarray,
    camera: Camera,
    *,
    exposure_ev: float = 0.0,
    kelvin: float = 5500.0,
    duv: float = 0.0,
    iso: float = 100.0,
    noise: tuple[float, float] | None = None,
    cfa: str = "RGGB",
    tone: bool = True,
    generator: np.random.Generator | None = None,
    name: str = "",
) -> RawFrame:
    """Return the raw that `camera` could have taken of the scene in a display sRGB photo.

    `display_rgb` is (H, W, 3), uint8 or float in [0, 1]. The light has `kelvin` and `duv`; the camera's
    white balance is right. `exposure_ev` darkens (-) or brightens and clips (+) the scene; at 0 the photo's
    white is the sensor's clipping point. `tone` undoes a tone curve first, else the photo counts as linear
    but for its encoding. Noise is (a, b) or the camera's at `iso`, and is left out without a `generator`.
    Raises: InputError for a photo of another shape or range.
    """
    photo = _as_float(display_rgb, name)
    linear_srgb = linear_from_srgb(torch.from_numpy(invert_tone(photo) if tone else photo)).numpy()
    wb_as_shot, camera_from_rec2020 = _light(camera, kelvin, duv)
    linear_camera = (linear_srgb @ SRGB_TO_REC2020.T) @ camera_from_rec2020.T
    # Under warm light red reaches its limit before green: as the camera would, expose for the channel that clips first.
    headroom = max(1.0, *(1 / gain for gain in wb_as_shot))
    linear_camera = (linear_camera * 2.0**exposure_ev / headroom).astype(np.float32)
    frame = RawFrame.from_linear_rgb(
        linear_camera,
        wb_as_shot=wb_as_shot,
        calibration=camera.calibration,
        noise=noise or camera.noise(iso),
        name=name,
    )
    frame = remosaic(
        frame,
        cfa,
        black_level_dn=camera.black_level_dn,
        white_level_dn=camera.white_level_dn,
        noise=frame.noise,
        generator=generator,
    )
    metadata = {"make": camera.make, "model": camera.model, "iso": iso, "kelvin": kelvin, "duv": duv}
    return replace(
        frame,
        baseline_exposure_ev=float(np.log2(headroom)),
        metadata={**frame.metadata, **metadata, "exposure_ev": exposure_ev},
    )


def remosaic(
    frame: RawFrame,
    cfa: str = "RGGB",
    *,
    black_level_dn: float = 64.0,
    white_level_dn: float = 1023.0,
    noise: tuple[float, float] | None = None,
    generator: np.random.Generator | None = None,
) -> RawFrame:
    """Return linear camera RGB sampled through a Bayer pattern, quantised between the levels.

    With a `generator`, noise of (a, b) is drawn (the frame's own unless given); without, none is added and
    `noise` (else the frame's) is what the result states. An odd last row or column is dropped.
    Raises: InputError if the frame is a mosaic already, or for an unknown CFA.
    """
    if frame.cfa is not None:
        raise InputError(f"{frame.path or frame.name}: is a {frame.cfa} mosaic already; give linear camera RGB")
    if cfa not in CFA_PATTERNS:
        raise InputError(f"CFA {cfa!r} is not one of {', '.join(CFA_PATTERNS)}")
    height, width = frame.samples.shape[0] // 2 * 2, frame.samples.shape[1] // 2 * 2
    mosaic = np.empty((height, width), np.float32)
    for (row, column), colour in cfa_sites(cfa).items():
        mosaic[row::2, column::2] = frame.samples[row:height:2, column:width:2, (0, 1, 1, 2)[colour]]
    noise = noise or frame.noise
    noisy = add_noise(mosaic, noise, generator) if generator is not None else mosaic
    levels = np.rint(noisy * (white_level_dn - black_level_dn) + black_level_dn)
    black: Levels = (black_level_dn, black_level_dn, black_level_dn, black_level_dn)
    white: Levels = (white_level_dn, white_level_dn, white_level_dn, white_level_dn)
    return replace(
        frame,
        samples=np.clip(levels, 0, white_level_dn).astype(np.uint16),
        cfa=cfa,
        black_level_dn=black,
        white_level_dn=white,
        noise=noise,
    )


def invert_tone(display_rgb: np.ndarray) -> np.ndarray:
    """Return display values in [0, 1] before a smoothstep contrast curve. Source: Brooks et al. 2019, section 3.1."""
    return 0.5 - np.sin(np.arcsin(1 - 2 * display_rgb) / 3)


def _light(camera: Camera, kelvin: float, duv: float) -> tuple[tuple[float, float, float], np.ndarray]:
    """The as-shot gains under a light, and the matrix from linear Rec.2020 to camera RGB before white balance."""
    mired, zero = torch.tensor([1e6 / kelvin]), torch.zeros(1)
    grey = ColourBatch.stack([camera.calibration], [(1.0, 1.0, 1.0)])
    red, green, blue = (1 / camera_neutral(grey, mired, zero + duv))[0].tolist()
    colour = ColourBatch.stack([camera.calibration], [(red, green, blue)])
    gains, to_rec2020 = white_balance_matrix(colour, zero, zero)
    return (red, green, blue), (torch.linalg.inv(to_rec2020[0].double()) / gains[0, :, None]).numpy()


def _as_float(display_rgb: np.ndarray, name: str) -> np.ndarray:
    label = name or "photo"
    if display_rgb.ndim != 3 or display_rgb.shape[2] != 3 or min(display_rgb.shape) < 2:
        raise InputError(f"{label}: shape {display_rgb.shape}; give a display sRGB photo as (height, width, 3)")
    photo = display_rgb / 255.0 if display_rgb.dtype == np.uint8 else display_rgb.astype(np.float64)
    if not (photo.min() >= 0 and photo.max() <= 1):
        raise InputError(f"{label}: values {photo.min():g} to {photo.max():g}; give uint8, or float in [0, 1]")
    return photo
