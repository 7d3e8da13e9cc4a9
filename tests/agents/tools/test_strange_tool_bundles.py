"""Bundles that anybody may have written, and pictures of any shape: one sentence, or a picture."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from agents.actor import Architecture
from agents.normaliser import Normaliser
from agents.tools.actor import ChoiceNet
from agents.tools.bundle import DESCRIPTION, FORMER, load_tool_policy, save_tool_policy
from agents.tools.policy import ToolPolicy
from agents.tools.retouch import WIDEST, Canvas
from attiqa_core.errors import InputError
from experiments.commands import tools_apply
from experiments.options.tools_apply import Config
from isp_env.tool_episodes.observation import tool_observation_names
from isp_env.tool_episodes.task import ToolTask
from isp_env.tools.catalogue import find_tools


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    tools = ("brightness+0.15", "contrast*1.25")
    names = tool_observation_names(tools, judged=False)
    ones = torch.ones(len(names))
    net = ChoiceNet(Architecture(len(names), len(tools) + 1, hidden=(4,)))
    policy = ToolPolicy(
        net, Normaliser(0 * ones, ones, -ones, ones), ToolTask(), dict.fromkeys(tools, ""), {}, 32, {"timesteps": 1}
    )
    return save_tool_policy(tmp_path_factory.mktemp("tools") / "whole", policy)


def test_a_bundle_of_the_former_format_has_one_member_and_no_caution(whole, tmp_path):
    bundle = shutil.copytree(whole, tmp_path / "former")
    described = json.loads((bundle / DESCRIPTION).read_text())
    for name in ("caution", "members", "sealed"):
        del described[name]
    (bundle / DESCRIPTION).write_text(json.dumps({**described, "format": FORMER}))
    policy = load_tool_policy(bundle)
    assert (policy.members, policy.caution) == (1, 0.0)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        *((("size_px",), value) for value in (0, -1, 10**9, 32.5, "32", None, float("inf"), float("nan"), True)),
        *((("architecture", "hidden"), value) for value in ([10**9], [0], [-1], [4] * 99, "4", None)),
        *((("task", "horizon"), value) for value in (1.5, True, "3", float("nan"))),
        *((("task",), value) for value in ([], None, 5)),
        *((("tools",), value) for value in ([], {"brightness+0.15": 5, "contrast*1.25": ""})),
        *((("sha256",), value) for value in (None, 5, "0" * 64)),
        *((("weights",), value) for value in ("../../etc/passwd", "", None)),
        *((("caution",), value) for value in (None, "0", 1, True, -0.5, float("nan"), float("inf"))),
        *((("members",), value) for value in (None, "1", 1.0, True, 0, 2, 10**9)),
        (("training",), {"seconds": float("nan")}),
    ],
)
def test_a_field_that_is_not_what_it_is_refuses_the_bundle(whole, tmp_path, place, value):
    bundle = shutil.copytree(whole, tmp_path / "strange")
    described = json.loads((bundle / DESCRIPTION).read_text())
    *path, last = place
    table = described
    for name in path:
        table = table[name]
    table[last] = value
    del described["sealed"]  # by which it would be refused, whatever the field
    (bundle / DESCRIPTION).write_text(json.dumps(described))
    with pytest.raises(InputError):
        load_tool_policy(bundle)


@pytest.mark.slow
def test_pictures_of_any_shape_are_retouched_and_one_that_is_none_is_left_out(whole, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for height, width in ((1, 1), (2, 3), (1, 900), (900, 1)):
        Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(photos / f"{height}x{width}.png")
    (photos / "<b>none.jpg").write_text("hello")
    done = tools_apply.run(Config(whole, (photos,), tmp_path / "out", device="cpu"))
    assert done.done.startswith("4 pictures") and len(done.failures) == 1
    for height, width in ((1, 1), (2, 3), (1, 900), (900, 1)):
        with Image.open(tmp_path / "out" / f"{height}x{width}.jpg") as image:
            assert image.size == (width, height)


def test_of_a_long_strip_the_middle_alone_is_enlarged():
    strip = torch.zeros(1, 3, 2, 5000)
    strip[..., 2500 - WIDEST : 2500 + WIDEST] = 1
    assert Canvas(strip, 64, native=False).small().shape == (1, 3, 64, 64)
    assert Canvas(strip, 64, native=False).small().min() == 1
    usual = torch.rand(1, 3, 20, 20 * WIDEST)
    assert torch.equal(Canvas(usual, 20, native=False).small(), usual[..., 30:50].clamp(0, 1))


def test_no_pictures_are_no_pictures_to_every_tool():
    none = torch.zeros(0, 3, 8, 8)
    assert all(tool(none).shape == none.shape for tool in find_tools(["all"]))
