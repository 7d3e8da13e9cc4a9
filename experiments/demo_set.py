"""The demo's raws: photographs that ship inside scikit-image and scikit-learn, turned into DNGs of several cameras."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from skimage import data
from sklearn.datasets import load_sample_image

from attiqa_core.photos.images import Picture, to_picture
from isp_env.cfa import CFA_PATTERNS
from isp_env.contexts import with_white_balance_error
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.synthetic import synthesise

TRAINING_PHOTOS = ("astronaut", "china", "coffee", "motorcycle", "rocket")
HELD_OUT_PHOTOS = ("chelsea", "flower")
PACKAGED = tuple(sorted((*TRAINING_PHOTOS, *HELD_OUT_PHOTOS)))
"""Photographs that need no download."""

VARIANTS = 4  # raws of each photo for training
HELD_OUT_VARIANTS = 4

EXPOSURES_EV = (-2.2, 0.3)  # how the photographer exposed
KELVINS = (2900.0, 7000.0)  # the light
WHITE_BALANCE_ERROR_MIRED = 35.0  # what the camera's automatic white balance missed by, either way
ISOS = (100.0, 200.0, 800.0, 1600.0, 3200.0)


@dataclass(frozen=True)
class DemoSet:
    """Folders of DNGs; no photo is in both."""

    training: Path
    held_out: Path


def make_demo_set(folder: Path, seed: int = 0) -> DemoSet:
    """Write 20 DNGs to `folder/training` and 8 of other photos to `folder/held_out`; the same seed gives the same raws."""
    for name, photos, variants in (
        ("training", TRAINING_PHOTOS, VARIANTS),
        ("held_out", HELD_OUT_PHOTOS, HELD_OUT_VARIANTS),
    ):
        for index, photo in enumerate(photos):
            for variant in range(variants):
                generator = np.random.default_rng([seed, len(name), index, variant])
                frame = photographed(load_photo(photo), f"{photo}_{variant}", generator)
                write_frame(folder / name / f"{frame.name}.dng", frame)
    return DemoSet(folder / "training", folder / "held_out")


def photographed(photo: np.ndarray, name: str, generator: np.random.Generator) -> RawFrame:
    """Return the photo as some camera took it: exposure, light, white-balance error, ISO and CFA are drawn."""
    camera = list(CAMERAS.values())[generator.integers(len(CAMERAS))]
    frame = synthesise(
        photo,
        camera,
        exposure_ev=float(generator.uniform(*EXPOSURES_EV)),
        kelvin=float(1e6 / generator.uniform(1e6 / KELVINS[1], 1e6 / KELVINS[0])),
        iso=float(generator.choice(ISOS)),
        cfa=CFA_PATTERNS[generator.integers(len(CFA_PATTERNS))],
        generator=generator,
        name=name,
    )
    missed_by = float(generator.uniform(-WHITE_BALANCE_ERROR_MIRED, WHITE_BALANCE_ERROR_MIRED))
    return with_white_balance_error(frame, missed_by)


def packaged_photos() -> list[Picture]:
    """Return the packaged photographs, in the order of `PACKAGED`."""
    return [to_picture(np.array(load_photo(name))) for name in PACKAGED]


def load_photo(name: str) -> np.ndarray:
    """Return one of the packaged photographs, uint8 (height, width, 3)."""
    if name in ("china", "flower"):
        return np.asarray(load_sample_image(f"{name}.jpg"))
    return data.stereo_motorcycle()[0] if name == "motorcycle" else getattr(data, name)()
