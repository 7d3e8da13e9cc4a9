"""Small raws, and what a run needs that renders them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from experiments.rendering.one_picture import Making
from experiments.rendering.settings import Settings
from experiments.rendering.tuning import of_values
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.synthetic import synthesise

SIDE = 64


@pytest.fixture(scope="session")
def write_raw() -> Callable[[Path, int], Path]:
    """Write a DNG of 64 px a side whose content is that of a number, and return its path."""
    frames = {}

    def write(path: Path, number: int = 0) -> Path:
        if number not in frames:
            random = np.random.default_rng(number)
            frames[number] = synthesise(random.random((SIDE, SIDE, 3)), CAMERAS["sony-a7m3"], generator=random)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_frame(path, frames[number])
        return path

    return write


@pytest.fixture
def making(tmp_path) -> Callable[..., Making]:
    """What a run shares, into `tmp_path / "out"`; parameters by name."""

    def make(**given: float) -> Making:
        tuning = of_values("core", None, given)
        settings = Settings(dict(tuning.chosen), {"format": "jpg"}, {"attiqa-isp": "1", "isp": "2", "libraw": "3"})
        return Making(tmp_path / "out", tuning, settings, torch.device("cpu"))

    return make


@pytest.fixture
def card(write_raw, tmp_path) -> Path:
    """A folder of six raws."""
    for number in range(6):
        write_raw(tmp_path / "card" / f"r{number}.dng", number)
    return tmp_path / "card"
