"""The examples for programs that people have, where those are installed."""

import shutil

import numpy as np
import pytest
from fixtures.black_boxes import BLOCKS

from isp_env.black_box.command_isp import CommandIsp, Request
from isp_env.black_box.description import BlackBox
from isp_env.black_box.views import ProxyView
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.synthetic import synthesise


@pytest.mark.parametrize("name", ["rawtherapee", "darktable", "blocks"])
def test_an_example_is_read_and_every_parameter_says_what_it_is(name):
    box = BlackBox.load(BLOCKS.with_name(f"{name}.toml"))
    assert box.name == name and all(setting.parameter.doc for setting in box.settings)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "program"), [("rawtherapee", "rawtherapee-cli"), ("darktable", "darktable-cli")])
def test_it_renders_a_raw_in_full_size_and_exposure_is_brighter(name, program, tmp_path):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    row, column = np.mgrid[:320, :480] / 20  # RawTherapee takes 160 rows for no raw
    photo = (0.4 + 0.2 * np.stack([np.sin(row), np.cos(column), np.sin(row * column / 9)], -1)).clip(0, 1)
    frame = synthesise(photo, CAMERAS["sony-a7m3"], generator=np.random.default_rng(0), name="scene")
    write_frame(tmp_path / "scene.dng", frame)
    isp = CommandIsp(BlackBox.load(BLOCKS.with_name(f"{name}.toml")), tmp_path / "cache", jobs=2)
    view = ProxyView((40, 60), 320, False, ((50, 100),), 64)
    asked = [(Request(tmp_path / "scene.dng", values), view) for values in ({}, {"exposure_ev": 1.5})]
    plain, brighter = isp.views(asked)
    assert isinstance(plain, dict) and isinstance(brighter, dict), (plain, brighter)
    assert plain["proxy"].shape == (40, 60, 3) and plain["crops"].shape == (1, 64, 64, 3)
    assert brighter["proxy"].mean() > 1.2 * plain["proxy"].mean()
