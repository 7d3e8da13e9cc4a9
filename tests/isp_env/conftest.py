"""Synthetic raws for the environment's tests."""

import numpy as np
import pytest

from isp_env.core import IspCore, Task
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise


def smooth_photo(seed: int, height: int = 96, width: int = 128) -> np.ndarray:
    """A photo-like picture: smooth colour with an edge."""
    row, column = np.mgrid[:height, :width] / 20.0
    photo = 0.5 + 0.3 * np.stack([np.sin(row + seed), np.cos(column - seed), np.sin(row + column)], -1)
    photo[: height // 2, : width // 3] *= 0.4
    return photo.clip(0, 1)


@pytest.fixture(scope="session")
def synthetic_frames() -> list[RawFrame]:
    cameras = list(CAMERAS.values())
    return [
        synthesise(smooth_photo(seed), cameras[seed % len(cameras)], exposure_ev=-seed * 0.5, cfa=cfa, iso=400,
                   generator=np.random.default_rng(seed), name=f"scene_{seed}")
        for seed, cfa in enumerate(("RGGB", "BGGR", "GRBG", "GBRG"))
    ]  # fmt: skip


@pytest.fixture(scope="session")
def core(synthetic_frames, tiny_scorer) -> IspCore:
    return IspCore(synthetic_frames, tiny_scorer, Task(proxy_px=64))


@pytest.fixture(scope="session")
def iterative_core(synthetic_frames, tiny_scorer) -> IspCore:
    return IspCore(synthetic_frames, tiny_scorer, Task("iterative", horizon=3, proxy_px=64))
