"""Synthetic raws for the environment's tests."""

import numpy as np
import pytest
from fixtures.photographs import smooth_scene

from isp_env.core import IspCore, Task
from isp_env.native.build import library
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise


@pytest.fixture(scope="session")
def synthetic_frames() -> list[RawFrame]:
    cameras = list(CAMERAS.values())
    return [
        synthesise(smooth_scene(seed), cameras[seed % len(cameras)], exposure_ev=-seed * 0.5, cfa=cfa, iso=400,
                   generator=np.random.default_rng(seed), name=f"scene_{seed}")
        for seed, cfa in enumerate(("RGGB", "BGGR", "GRBG", "GBRG"))
    ]  # fmt: skip


@pytest.fixture(scope="session")
def core(synthetic_frames, tiny_scorer) -> IspCore:
    return IspCore(synthetic_frames, tiny_scorer, Task(proxy_px=64))


@pytest.fixture(scope="session")
def iterative_core(synthetic_frames, tiny_scorer) -> IspCore:
    return IspCore(synthetic_frames, tiny_scorer, Task("iterative", horizon=3, proxy_px=64))


@pytest.fixture(scope="session")
def built_kernel() -> None:
    """The native kernel, built when the first test asks for it; without a compiler those who do are skipped."""
    if library() is None:
        pytest.skip("no C++ compiler here: the kernel cannot be built")
