"""Raws, photos and a run of the command line in this process."""

import sys
from collections.abc import Callable

import numpy as np
import pytest
from fixtures.charts import PlantedChart, planted_chart
from fixtures.photographs import noise
from fixtures.rated import write_mos
from PIL import Image

from experiments import cli
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.synthetic import synthesise


@pytest.fixture
def attiqa(capsys, monkeypatch) -> Callable[..., tuple[int, str, str]]:
    """Run `attiqa WORDS...` and return exit code, stdout and stderr."""

    def call(*words) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["attiqa", *map(str, words)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        captured = capsys.readouterr()
        return stopped.value.code or 0, captured.out, captured.err

    return call


@pytest.fixture
def succeed(attiqa) -> Callable[..., str]:
    """Run `attiqa WORDS...`, which has to end well, and return its stdout."""

    def call(*words) -> str:
        code, out, err = attiqa(*words)
        assert code == 0, err
        return out

    return call


@pytest.fixture
def small_gate(monkeypatch):
    """The gate with pictures of a fifth of its size and every fourth of its trials."""
    from attiqa_core.judges import gate, trials

    monkeypatch.setattr(gate, "TRIALS", dict(list(trials.TRIALS.items())[::4]))
    monkeypatch.setattr(trials, "GATE_PX", 96)
    monkeypatch.setattr(gate, "GATE_PX", 96)
    monkeypatch.setattr(gate, "SCALES", (64, 96))


@pytest.fixture(scope="session")
def raws(tmp_path_factory):
    """A folder of four small DNGs of two scenes."""
    folder = tmp_path_factory.mktemp("raws")
    random = np.random.default_rng(0)
    for index in range(4):
        row, column = np.mgrid[:96, :128] / 15
        photo = (0.5 + 0.3 * np.stack([np.sin(row + index), np.cos(column), np.sin(row * column / 9)], -1)).clip(0, 1)
        frame = synthesise(
            photo, CAMERAS["sony-a7m3"], exposure_ev=-index / 2, generator=random, name=f"s{index // 2}_{index}"
        )
        write_frame(folder / f"{frame.name}.dng", frame)
    return folder


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """A folder of eight small PNG photos and a mos.csv about them."""
    folder = tmp_path_factory.mktemp("photos")
    for index in range(8):
        pixels = noise(index, 12, 12)
        Image.fromarray(pixels).resize((100, 90)).save(folder / f"p{index}.png")
    write_mos(folder / "mos.csv", {f"p{index}.png": 10 * index for index in range(8)})
    return folder


@pytest.fixture(scope="session")
def planted(tmp_path_factory) -> PlantedChart:
    """A raw of a chart whose colours, noise and sharpness are known and right."""
    return planted_chart(tmp_path_factory.mktemp("charts") / "right.dng")
