"""Tools are found by name, kind and set, and what is not there is told."""

import pytest

from attiqa_core.errors import UsageError
from isp_env.tools.catalogue import CLASSICAL, DRL_ISP_FACTORS, DRL_ISP_PLAIN, absent_networks, find_tools
from isp_env.tools.learned.table import ABSENT


def names(*words: str) -> list[str]:
    return [tool.name for tool in find_tools(words)]


def test_names_kinds_and_sets_are_found_each_tool_once_in_the_order_asked():
    assert names("hue-0.5", "brightness+0.15") == ["hue-0.5", "brightness+0.15"]
    assert names("contrast", "contrast*1.5") == [
        "contrast*1.25", "contrast*1.5", "contrast*2", "contrast/1.25", "contrast/1.5", "contrast/2",
    ]  # fmt: skip
    assert names("classical") == [*CLASSICAL]


def test_every_classical_tool_is_named_once_and_its_key_is_its_name():
    assert [tool.name for tool in CLASSICAL.values()] == [*CLASSICAL]


def test_the_set_of_drl_isp_has_one_factor_an_operation_and_says_which_networks_it_lacks():
    found = names("drl-isp")
    assert {*DRL_ISP_FACTORS, *DRL_ISP_PLAIN} <= set(found)
    assert len(found) + len(absent_networks()) == 10 + 7 + 14


def test_whatever_network_is_absent_has_its_reason():
    assert absent_networks() == ABSENT


@pytest.mark.parametrize("words", [("contrast", "contrst"), (), ("",)])
def test_a_word_that_means_no_tool_is_refused_with_what_there_is(words):
    with pytest.raises(UsageError, match=r"sets classical.*kinds brightness.*tools brightness\+0.05"):
        find_tools(words)
