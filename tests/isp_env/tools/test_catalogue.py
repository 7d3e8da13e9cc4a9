"""Tools are found by name, kind and set, and what is not there is told."""

import pytest

from attiqa_core.errors import UsageError
from isp_env.tools.catalogue import CLASSICAL, find_tools


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


def test_the_set_of_drl_isp_is_its_31_actions_by_number_and_with_all_factors_its_51():
    found = names("drl-isp")
    assert found[:6] == ["colour-tone-3", "colour-tone-8", "deblur-3", "deblur-8", "dejpeg-3", "dejpeg-8"]
    assert found[6:14] == ["denoise-3", "denoise-8", "exposure-3", "exposure-8", "super-resolution-3", "super-resolution-8",
                           "white-balance-3", "white-balance-8"]  # fmt: skip
    assert (found[14], found[18], found[24], found[30], len(found)) == (
        "brightness+0.15", "gamma^0.45", "sharpen", "grey-world", 31,
    )  # fmt: skip
    every = names("drl-isp-51")
    assert [name for name in every if name in found] == found and len(every) == 51
    assert every[26:32] == ["gamma^0.7", "gamma^0.45", "gamma^0.3", "gamma^1.2", "gamma^1.45", "gamma^1.8"]


def test_all_tools_are_drl_isps_and_the_powers_without_its_gain():
    assert {*names("all")} == {*names("drl-isp-51", "power")} and len(names("all")) == 57


@pytest.mark.parametrize("words", [("contrast", "contrst"), (), ("",)])
def test_a_word_that_means_no_tool_is_refused_with_what_there_is(words):
    with pytest.raises(UsageError, match=r"sets classical.*kinds brightness.*tools brightness\+0.05"):
        find_tools(words)
