"""Retouching by a policy that stops at once: what goes with a picture, and what the help says."""

import pytest
import torch
from fixtures.tiff_bytes import READ, tiff
from PIL import Image

from agents.actor import Architecture
from agents.normaliser import Normaliser
from agents.tools.actor import ChoiceNet
from agents.tools.bundle import save_tool_policy
from agents.tools.policy import ToolPolicy
from experiments.pictures.carried import capture_in
from experiments.pictures.icc import srgb_profile
from isp_env.tool_episodes.observation import tool_observation_names
from isp_env.tool_episodes.task import ToolTask


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The bundle of a policy that always takes its last choice."""
    names = tool_observation_names(("power^0.7",), judged=False)
    ones = torch.ones(len(names))
    net = ChoiceNet(Architecture(len(names), 2, hidden=(2,)))
    with torch.no_grad():
        net.layers[-1].weight.zero_()  # pyright: ignore
        net.layers[-1].bias.copy_(torch.tensor([0.0, 1.0]))  # pyright: ignore
    policy = ToolPolicy(net, Normaliser(0 * ones, ones, -ones, ones), ToolTask(), {"power^0.7": ""}, {}, 32, {})
    return save_tool_policy(tmp_path_factory.mktemp("stops"), policy)


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photo") / "harbour.jpg"
    Image.new("RGB", (48, 40), (200, 90, 30)).save(path, exif=b"Exif\0\0" + tiff(), quality=95)
    return path


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_the_capture_goes_with_the_picture_and_its_profile_is_srgb(run, photo, suffix, tmp_path, succeed):
    succeed("tools", "apply", run, photo, "--out", tmp_path / "out", "--format", suffix)
    made = tmp_path / "out" / f"harbour.{suffix}"
    carried = capture_in(made)
    assert carried.keys() >= READ.keys()
    exact = {name: value for name, value in READ.items() if not isinstance(value, list) and name != "Software"}
    assert {name: carried[name] for name in exact} == exact  # ratios are written in their lowest terms
    assert Image.open(made).info["icc_profile"] == srgb_profile()


def test_the_place_of_capture_stays_behind_where_that_is_asked_for(run, photo, tmp_path, succeed):
    succeed("tools", "apply", run, photo, "--out", tmp_path / "out", "--no-gps")
    carried = capture_in(tmp_path / "out" / "harbour.jpg")
    assert carried["Artist"] == READ["Artist"] and not any(name.startswith("GPS") for name in carried)


def test_the_help_shows_no_option_that_is_refused(attiqa):
    code, out, _ = attiqa("tools", "apply", "--help")
    assert code == 0 and "--gps" in out and "--resume" in out and "--space" not in out


def test_another_colour_space_is_not_offered(run, photo, tmp_path, attiqa):
    assert attiqa("tools", "apply", run, photo, "--out", tmp_path / "out", "--space", "display-p3")[0] == 2
    assert not (tmp_path / "out").exists()
