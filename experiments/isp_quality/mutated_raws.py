"""What becomes of damaged DNGs: `python -m experiments.isp_quality.mutated_raws [RAWS...] --count 300 --seed 0`.

Each is one random change to a DNG (`tiff_mutations`): of the synthetic ones written here, or of the raws named. Rendered at proxy
size, it is counted as refused, plausible, or what it silently is: of NaN, black, white, of a colour that the whole file has not.
"""

import argparse
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from attiqa_core.errors import InputError
from experiments.isp_quality.tiff_mutations import mutated
from isp_env.colorimetry.colour import CameraCalibration
from isp_env.frames.batch import FrameBatch
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS, GOPRO_CALIBRATION
from isp_env.raw_io.dng import write_dng

PROXY_PX, HANG_SECONDS = 64, 30
BLACK, WHITE = 0.02, 0.98  # mean display values
CAST = 0.25  # of the natural logarithm of R/G or B/G of the means, from the whole file's: sky over grass is about 0.2
SILENT = ("NaN", "black", "white", "magenta", "another colour")
KINDS = ("refused", "plausible", *SILENT, "hung", "crashed")


def synthetic_dngs(folder: Path) -> list[Path]:
    """Write and return DNGs of a grey scene, of several cameras: one and two illuminants, margins, all kinds of tags."""
    generator = np.random.default_rng(5)
    neutral = np.array([0.5, 1.0, 0.6])
    rows, columns = np.mgrid[:96, :128]
    light = 0.25 + 0.2 * np.sin(rows / 17) * np.cos(columns / 23)
    dn = light * neutral[rows % 2 + columns % 2] * 15871 + 512 + generator.normal(0, 12, light.shape)
    samples = dn.round().clip(0, 16383).astype(np.uint16)
    forward = np.array([[0.62, 0.24, 0.10], [0.25, 0.74, 0.01], [0.03, 0.02, 0.78]])
    two = CameraCalibration(GOPRO_CALIBRATION.xyz_to_camera, (2850.0, 6500.0), (forward, forward))
    more = {"noise_profile": (1e-4, 1e-6), "iso": 400, "exposure_s": 0.01, "captured_at": "2026-11-27T13:37:24"}
    variants = {
        "plain": {"calibration": CAMERAS["canon-5d4"].calibration},
        "two": {"calibration": two, "baseline_exposure_ev": 0.3, **more},
        "margins": {"calibration": GOPRO_CALIBRATION, "active_area": (2, 4, 94, 126), "orientation": 6, **more},
    }
    paths = [folder / f"{name}.dng" for name in variants]
    for path, options in zip(paths, variants.values(), strict=True):
        write_dng(
            path,
            samples,
            "RGGB",
            black_level_dn=(512.0,) * 4,
            white_level_dn=16383,
            as_shot_neutral=tuple(neutral.tolist()),
            **options,
        )
    return paths


def picture_of(path: Path) -> torch.Tensor:
    """Return the camera default of a raw at proxy size, (3, height, width) display RGB."""
    batch = FrameBatch.stack([RawFrame.load(path).proxy(PROXY_PX)])
    with torch.no_grad():
        return render(batch, IspParams.default(1))[0]


def outcome(path: Path, whole: torch.Tensor) -> tuple[str, str]:
    """Return one of KINDS, and the sentence or the mean colour of it."""
    try:
        with time_limit(HANG_SECONDS):
            picture = picture_of(path)
    except TimeoutError:
        return "hung", ""
    except InputError as error:
        return "refused", str(error)
    except Exception as error:  # what is counted here
        return "crashed", f"{type(error).__name__}: {error}"
    return kind_of(picture, whole), ", ".join(f"{value:.2f}" for value in picture.mean((1, 2)).tolist())


def kind_of(picture: torch.Tensor, whole: torch.Tensor) -> str:
    """Return what a picture is beside that of the undamaged file: one of SILENT, or plausible."""
    mean, right = picture.mean((1, 2)), whole.mean((1, 2))
    if not picture.isfinite().all():
        return "NaN"
    if mean.max() < BLACK:
        return "black"
    if mean.min() > WHITE:
        return "white"
    shift = ((mean + 0.01) / (mean[1] + 0.01)).log() - ((right + 0.01) / (right[1] + 0.01)).log()
    if shift[0] > CAST and shift[2] > CAST:
        return "magenta"
    return "another colour" if shift.abs().max() > CAST else "plausible"


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raises: TimeoutError in the block after so many seconds."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def study(raws: Sequence[Path], folder: Path, count: int, seed: int) -> Iterator[tuple[str, str, str]]:
    """Yield the kind of each mutated file, what was changed, and the sentence or the mean colour."""
    contents = {path: (path.read_bytes(), picture_of(path)) for path in raws}
    for number in range(count):
        path = raws[number % len(raws)]
        content, change = mutated(contents[path][0], np.random.default_rng((seed, number)))
        damaged = folder / f"{number}{path.suffix}"
        damaged.write_bytes(content)
        kind, said = outcome(damaged, contents[path][1])
        damaged.unlink()
        yield kind, f"{number} ({path.stem}) {change}", said


def main() -> None:
    """Print what is not refused and not plausible, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raws", type=Path, nargs="*", help="DNGs to damage; none: three synthetic ones")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--all", action="store_true", help="print every file")
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        raws = arguments.raws or synthetic_dngs(Path(folder))
        for kind, change, said in study(raws, Path(folder), arguments.count, arguments.seed):
            counts[kind] += 1
            if arguments.all or kind not in ("refused", "plausible"):
                print(f"{kind}: {change}: {said}")
    print(", ".join(f"{counts[kind]} {kind}" for kind in KINDS))


if __name__ == "__main__":
    main()
