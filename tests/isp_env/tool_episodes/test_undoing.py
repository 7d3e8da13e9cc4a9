import pytest

from isp_env.tool_episodes.undoing import undone_by
from isp_env.tools.catalogue import CLASSICAL


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("brightness+0.15", "brightness-0.15"), ("contrast*1.5", "contrast/1.5"), ("contrast*2", "contrast*0.5"),
        ("hue+0.2", "hue-0.2"), ("gamma^0.7", "gamma^1.45"), ("saturation*1.2", "saturation*0.8"),
    ],
)  # fmt: skip
def test_a_step_and_its_inverse_undo_each_other(one, other):
    assert undone_by([one, other]).tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("brightness+0.15", "brightness-0.3"), ("contrast*1.5", "contrast/2"), ("hue+0.2", "brightness-0.2"),
        ("denoise-3", "deblur-3"), ("gamma^0.45", "gamma^1.45"), ("equalise", "equalise"), ("box-3", "box-3"),
    ],
)  # fmt: skip
def test_other_tools_do_not(one, other):
    assert not undone_by([one, other]).any()


def test_the_table_of_the_classical_tools_is_symmetric_and_no_tool_undoes_itself():
    table = undone_by([*CLASSICAL])
    assert (table == table.T).all() and not table.diagonal().any() and table.sum() >= 18


def test_no_tools_give_an_empty_table():
    assert undone_by([]).shape == (0, 0)
