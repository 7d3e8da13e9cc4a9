"""One raw becomes many: another part of it, mirrored, exposed otherwise, its white balance missed, at a higher ISO.

A raw is changed as its camera would have recorded it, before it becomes a proxy. Photos become raws of drawn cameras.
"""

from dataclasses import asdict, replace

import numpy as np
import torch

from isp_env.colorimetry.colour import ColourBatch, camera_neutral
from isp_env.contexts.variations import Part, Variation
from isp_env.frames.raw_samples import RawSamples
from isp_env.lens.geometry import within
from isp_env.lens.shading import ShadingBatch
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise
from isp_env.sensor.cfa import CFA_PATTERNS, cfa_index, cfa_sites, orient, orient_cfa
from isp_env.sensor.noise import BASE_ISO, add_noise
from isp_env.stages.highlights import restore_highlights, restore_mosaic_highlights
from isp_env.stages.lens_shading import plane_gains, rgb_gains
from isp_env.stages.mosaic import pack, pad_to_even, unpack

STRIP_ROWS = 512  # even; of a large frame no float copy is made
MIRRORED = 1  # LibRaw's flip bit

KELVINS = (2900.0, 7000.0)  # the light of a photo that becomes a raw
DUV_SIGMA, DUV_LIMIT = 0.007, 0.021
"""Of that light, about the Planckian locus: 0.0065 in the as-shot whites of the real raws that we have. Were it always on the
locus, whatever lies off it would be the camera's error, and agents would undo what is none."""


def vary(frame: RawFrame, variation: Variation, generator: np.random.Generator) -> RawFrame:
    """Return the frame as its camera would have recorded it otherwise; `generator` draws the noise.

    Without any change in exposure and noise the samples are the frame's own. A shorter exposure has the noise that the
    sensor would have had; a longer one is clipped at the sensor's white and keeps the noise that is in it. `noise` says so,
    and `metadata["variation"]` what was changed. `baseline_exposure_ev` stays: the exposure is wrong.
    """
    assert not frame.prepared, "vary the frame, and make the proxy then"
    varied = exposed(cropped(frame, variation), variation, generator)
    if variation.mirror:
        varied = mirrored(varied)
    if variation.white_balance_mired or variation.white_balance_duv:
        varied = with_white_balance_error(varied, variation.white_balance_mired, variation.white_balance_duv)
    return replace(varied, metadata={**varied.metadata, "variation": asdict(variation)})


def cropped(frame: RawFrame, variation: Variation) -> RawFrame:
    """Return the variation's window of the frame."""
    height, width = frame.samples.shape[:2]
    part = variation.part_of(height, width)
    return frame if part == Part(0, 0, height, width) else _cut(frame, part)


def _cut(frame: RawFrame, part: Part) -> RawFrame:
    """The rectangle, whose top and left are even: the phase of the CFA is kept."""
    samples = frame.samples[part.top : part.bottom, part.left : part.right]
    shading = frame.shading and frame.shading.cropped(part.top, part.left)
    geometry = frame.geometry and within(frame.geometry.cropped(part.top, part.left), *samples.shape[:2])
    return replace(frame, samples=samples, shading=shading, geometry=geometry)


def mirrored(frame: RawFrame) -> RawFrame:
    """Return the frame with left and right exchanged; the CFA is called by its new corner."""
    height, width = frame.samples.shape[:2]
    return replace(
        frame,
        samples=orient(frame.samples, MIRRORED),
        cfa=frame.cfa and orient_cfa(frame.cfa, MIRRORED, height, width),
        shading=frame.shading and frame.shading.oriented(MIRRORED, height, width),
        geometry=frame.geometry and frame.geometry.oriented(MIRRORED, height, width),
    )


def exposed(frame: RawFrame, variation: Variation, generator: np.random.Generator) -> RawFrame:
    """Return the frame exposed otherwise and at another ISO.

    The samples times f = 2^exposure have variance f a x + f^2 b; the sensor at ISO times g would have g a x + g^2 b. What is
    missing is drawn. Before darkening, clipped highlights are restored: a blown white turns to a white that is not blown.
    """
    if not (variation.exposure_ev or variation.noise_stops):
        return frame
    factor, gain = 2.0**variation.exposure_ev, 2.0**variation.noise_stops
    shot, read = frame.noise
    had = (factor * shot, factor**2 * read)
    target = (max(had[0], gain * shot), max(had[1], gain**2 * read))
    missing = (target[0] - had[0], target[1] - had[1])
    samples = np.empty_like(frame.samples)
    for top in range(0, len(samples), STRIP_ROWS):
        strip = _cut(frame, Part(top, 0, min(len(samples), top + STRIP_ROWS), samples.shape[1]))
        light = _restored(strip) if factor < 1 else strip.normalised()
        noisy = add_noise(light * factor, missing, generator)
        samples[top : top + STRIP_ROWS] = _recorded(strip, noisy.astype(np.float32))
    iso = frame.metadata.get("iso")
    return replace(frame, samples=samples, noise=target, metadata={**frame.metadata, "iso": iso and iso * gain})


def _restored(frame: RawSamples) -> np.ndarray:
    """Normalised samples whose clipped highlights are neutral under the as-shot gains, beyond 1 where need be."""
    gains = torch.tensor([frame.wb_as_shot], dtype=torch.float32)
    shading = ShadingBatch.stack([frame.shading], "cpu")
    light = torch.from_numpy(frame.normalised())
    if frame.cfa is None:
        rgb = light.permute(2, 0, 1)[None]
        restored = restore_highlights(rgb, gains, 1.0 if shading is None else rgb_gains(shading, rgb))
        return restored[0].permute(1, 2, 0).numpy()
    index = torch.tensor([cfa_index(frame.cfa)])
    planes = pack(pad_to_even(light[None, None]), index)
    restored = restore_mosaic_highlights(
        planes, gains, None if shading is None else plane_gains(shading, index, planes)
    )
    return unpack(restored, index)[0, 0, : light.shape[0], : light.shape[1]].numpy()


def _recorded(frame: RawSamples, normalised: np.ndarray) -> np.ndarray:
    """Normalised samples as the sensor stores them: clipped at its white, a mosaic in whole DN."""
    if frame.cfa is None:
        return np.minimum(normalised, 1)
    levels = np.empty_like(normalised)
    for (row, column), colour in cfa_sites(frame.cfa).items():
        black, white = frame.black_level_dn[colour], frame.white_level_dn[colour]
        site = np.rint(normalised[row::2, column::2] * (white - black) + black)
        levels[row::2, column::2] = np.clip(site, 0, np.floor(white))
    return levels.astype(frame.samples.dtype)


def with_white_balance_error(frame: RawFrame, mired: float, duv: float = 0.0) -> RawFrame:
    """Return the frame as a camera records it whose automatic white balance took the light for `mired` and `duv` more than it is."""
    batch = ColourBatch.stack([frame.calibration], [frame.wb_as_shot])
    true, taken = (
        camera_neutral(batch, batch.white_mired + torch.tensor([more]), batch.white_duv + torch.tensor([greener]))[0]
        for more, greener in ((0.0, 0.0), (mired, duv))
    )
    gains = np.array(frame.wb_as_shot) * (true / taken).double().numpy()
    red, green, blue = (float(gain) for gain in gains)
    return replace(frame, wb_as_shot=(red / green, 1.0, blue / green))


def light_kelvin(generator: np.random.Generator) -> float:
    """Return the colour temperature of some light; its reciprocal is as likely anywhere between those of `KELVINS`."""
    return float(1e6 / generator.uniform(1e6 / KELVINS[1], 1e6 / KELVINS[0]))


def light_duv(generator: np.random.Generator) -> float:
    """Return how far some light lies off the Planckian locus, in Duv."""
    return float(np.clip(generator.normal(0.0, DUV_SIGMA), -DUV_LIMIT, DUV_LIMIT))


def photographed(photo: np.ndarray, name: str, variation: Variation, generator: np.random.Generator) -> RawFrame:
    """Return the raw of a display sRGB photo (H, W, 3) that some camera took: camera, light and CFA are drawn."""
    part = variation.part_of(*photo.shape[:2])
    scene = photo[part.top : part.bottom, part.left : part.right]
    camera = list(CAMERAS.values())[generator.integers(len(CAMERAS))]
    frame = synthesise(
        scene[:, ::-1] if variation.mirror else scene,
        camera,
        exposure_ev=variation.exposure_ev,
        kelvin=light_kelvin(generator),
        duv=light_duv(generator),
        iso=BASE_ISO * 2**variation.noise_stops,
        cfa=CFA_PATTERNS[generator.integers(len(CFA_PATTERNS))],
        generator=generator,
        name=name,
    )
    missed = with_white_balance_error(frame, variation.white_balance_mired, variation.white_balance_duv)
    return replace(missed, metadata={**missed.metadata, "variation": asdict(variation)})
