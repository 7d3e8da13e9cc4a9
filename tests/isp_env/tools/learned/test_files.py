"""Learned tools as files and as tools: those that ship, and those of a folder."""

import pytest
import torch
from fixtures.photographs import three_photographs

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json
from isp_env.tools.catalogue import find_tools
from isp_env.tools.learned.catalogue import SHIPPED, learned_tools
from isp_env.tools.learned.files import opened, save_network, stored_network
from isp_env.tools.learned.networks import fresh_network
from isp_env.tools.learned.table import NETWORKS

PHOTOS = three_photographs(48)
DENOISE = NETWORKS["denoise-3"]


@pytest.fixture
def folder(tmp_path):
    save_network(tmp_path, DENOISE, fresh_network(DENOISE, torch.Generator().manual_seed(0)), {"seed": 0})
    return tmp_path


def test_the_tools_that_ship_are_all_of_the_table_in_its_order():
    tools = learned_tools()
    assert [*tools] == [*NETWORKS]
    assert [tool.kind for tool in tools.values()] == [network.kind for network in NETWORKS.values()]
    assert [tool.name for tool in find_tools(["learned"])] == [*NETWORKS]


def test_what_ships_is_small():
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 2**20


@pytest.mark.parametrize("name", NETWORKS)
def test_a_shipped_tool_is_identity_at_strength_zero_and_none_is_full_strength(name):
    tool = learned_tools()[name]
    assert torch.equal(tool(PHOTOS, torch.zeros(3)), PHOTOS)
    assert torch.equal(tool(PHOTOS), tool(PHOTOS, torch.ones(3)))
    assert not tool(PHOTOS).requires_grad


def test_the_tools_of_a_folder_are_those_that_lie_there(folder):
    tools = learned_tools(folder)
    assert [*tools] == ["denoise-3"]
    torch.testing.assert_close(tools["denoise-3"](PHOTOS), PHOTOS, rtol=0, atol=1e-6)


def test_a_folder_without_any_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no learned tool; train some with `attiqa tools networks"):
        learned_tools(tmp_path)


def test_other_weights_than_the_recorded_ones_are_refused_when_they_are_first_used(folder):
    weights = folder / "denoise-3.safetensors"
    weights.write_bytes(weights.read_bytes()[:-2] + b"\0\1")
    tool = learned_tools(folder)["denoise-3"]
    with pytest.raises(InputError, match=r"denoise-3.safetensors: its SHA-256 is not the recorded"):
        tool(PHOTOS)


@pytest.mark.parametrize(
    ("changed", "told"),
    [({"format": "other/1"}, "is not .attiqa-learned-tool/1"), ({"model": "magic"}, "invalid enum value .magic"), ({"name": "x"}, "called x")],
)  # fmt: skip
def test_a_description_that_is_not_of_ours_is_refused(folder, changed, told):
    path = folder / "denoise-3.json"
    write_json(path, {**read_json(path), **changed})
    with pytest.raises(InputError, match=told):
        learned_tools(folder)


def test_weights_of_another_shape_are_refused(folder):
    path = folder / "denoise-3.json"
    write_json(path, {**read_json(path), "channels": 16})
    with pytest.raises(InputError, match="another shape"):
        opened(stored_network(folder, "denoise-3"), "cpu")
