"""A small raw of a known camera, whose colours spread over the gamut."""

import numpy as np
import pytest

from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise


@pytest.fixture(scope="session")
def frame() -> RawFrame:
    row, column = np.mgrid[:96, :128] / 15
    photo = (0.5 + 0.35 * np.stack([np.sin(row), np.cos(column), np.sin(row * column / 9)], -1)).clip(0, 1)
    return synthesise(photo, CAMERAS["sony-a7m3"], generator=np.random.default_rng(0), name="waves")
