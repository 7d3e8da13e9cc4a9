"""The demo's raws: photographs that ship inside scikit-image, scikit-learn and matplotlib, turned into DNGs of several cameras."""

from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_image

from attiqa_core.photos.images import Picture, to_picture
from isp_env.contexts.varying import light_duv, light_kelvin, with_white_balance_error
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.synthetic import synthesise
from isp_env.sensor.cfa import CFA_PATTERNS

TRAINING_PHOTOS = ("astronaut", "china", "coffee", "motorcycle")
VALIDATION_PHOTOS = ("rocket",)
HELD_OUT_PHOTOS = ("chelsea", "flower", "hopper")
PACKAGED = ("astronaut", "chelsea", "china", "coffee", "flower", "motorcycle", "rocket")
"""Photographs that need no download and that the gate examines scorers by."""

SCENE = r"^(.+)_\d+$"
"""What of a raw's name is its scene: the photo and the part of it. No two scenes share a pixel, parts of one photo share its light."""

PARTS: dict[str, tuple[int, int]] = {"chelsea": (1, 2), "flower": (1, 2), "hopper": (2, 2)}
"""Rows and columns that a photo is cut into; (2, 2) where nothing is said. Held out are eight parts of three photos."""

VARIANTS = {"training": 5, "validation": 4, "held_out": 2}
"""Raws of each scene."""

EXPOSURES_EV = (-2.2, 0.3)  # how the photographer exposed
WHITE_BALANCE_ERROR_MIRED = 35.0  # what the camera's automatic white balance missed by, either way
ISOS = (100.0, 200.0, 800.0, 1600.0, 3200.0)


@dataclass(frozen=True)
class DemoSet:
    """Folders of DNGs; no photo is in two of them."""

    training: Path
    validation: Path
    held_out: Path


def make_demo_set(folder: Path, seed: int = 0) -> DemoSet:
    """Write 80 DNGs to train on, 16 of another photo to validate by and 16 of three others to judge by; the same seed gives
    the same raws."""
    made = DemoSet(folder / "training", folder / "validation", folder / "held_out")
    for place, (name, photos) in enumerate(
        (("training", TRAINING_PHOTOS), ("validation", VALIDATION_PHOTOS), ("held_out", HELD_OUT_PHOTOS))
    ):
        for index, photo in enumerate(photos):
            for part, (label, pixels) in enumerate(parts(photo).items()):
                for variant in range(VARIANTS[name]):
                    generator = np.random.default_rng([seed, place, index, part, variant])
                    frame = photographed(pixels, f"{photo}-{label}_{variant}", generator)
                    write_frame(getattr(made, name) / f"{frame.name}.dng", frame)
    return made


def parts(photo: str) -> dict[str, np.ndarray]:
    """Return the parts of a packaged photo by row and column, "a1" at the top left; they share no pixel."""
    pixels, (rows, columns) = load_photo(photo), PARTS.get(photo, (2, 2))
    height, width = pixels.shape[0] // rows, pixels.shape[1] // columns
    return {
        f"{'ab'[row]}{column + 1}": pixels[row * height : (row + 1) * height, column * width : (column + 1) * width]
        for row in range(rows)
        for column in range(columns)
    }


def photographed(photo: np.ndarray, name: str, generator: np.random.Generator) -> RawFrame:
    """Return the photo as some camera took it: exposure, light, white-balance error, ISO and CFA are drawn."""
    camera = list(CAMERAS.values())[generator.integers(len(CAMERAS))]
    frame = synthesise(
        photo,
        camera,
        exposure_ev=float(generator.uniform(*EXPOSURES_EV)),
        kelvin=light_kelvin(generator),
        duv=light_duv(generator.spawn(1)[0]),
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
    if name == "hopper":
        return np.asarray(
            Image.open(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg").convert("RGB")
        )
    if name in ("china", "flower"):
        return np.asarray(load_sample_image(f"{name}.jpg"))
    return data.stereo_motorcycle()[0] if name == "motorcycle" else getattr(data, name)()
