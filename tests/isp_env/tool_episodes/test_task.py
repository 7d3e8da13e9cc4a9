import pytest

from attiqa_core.errors import InputError, UsageError
from isp_env.task import Task
from isp_env.tool_episodes.task import ToolTask


def test_parity_has_drl_isps_numbers_and_others_may_be_said():
    task = ToolTask.parity()
    assert (task.formulation, task.horizon, task.reward, task.reward_scale) == ("tools", 3, "psnr", 0.1)
    assert (task.psnr_weight, task.judge_weight, task.reuse_cost) == (1, 1, 0)
    assert not task.forbid_undoing and task.uses == 3
    assert ToolTask.parity("judge", horizon=5).horizon == 5


def test_a_task_comes_back_from_what_a_file_holds():
    task = ToolTask("hybrid", horizon=5, reward="both", levels=(0.5, 1), never_twice=True)
    assert ToolTask.from_stored({**task.to_dict(), "levels": [0.5, 1.0]}) == task
    with pytest.raises(InputError, match="'colour' is not known to this version"):
        ToolTask.from_stored({"colour": 1})


def test_how_often_a_tool_may_be_used():
    assert ToolTask(horizon=4).uses == 4 and ToolTask(most_uses=2).uses == 2
    assert ToolTask(most_uses=2, never_twice=True).uses == 1


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ({"formulation": "one-shot"}, "formulation 'one-shot': is not one of tools, hybrid"),
        ({"reward": "mos"}, "reward 'mos': is not one of psnr, judge, both"),
        ({"horizon": 9}, "horizon 9: give 1 to 8 tools"),
        ({"psnr_weight": -1}, "psnr_weight -1: give a finite number, 0 or more"),
        ({"reuse_cost": float("nan")}, "reuse_cost nan"),
        ({"most_uses": -1}, "most_uses -1"),
        ({"levels": ()}, r"levels \(\): give rising strengths"),
        ({"levels": (1, 0.5)}, "levels"),
        ({"levels": (0, 1)}, "levels"),
        ({"pictures": 4}, "pictures 4: give a side from 8 to 128 px"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(numbers, text):
    with pytest.raises(UsageError, match=text):
        ToolTask(**numbers)


@pytest.mark.parametrize("formulation", ["tools", "hybrid"])
def test_the_task_of_tuning_the_isp_says_where_tools_are_picked(formulation):
    with pytest.raises(UsageError, match=f'formulation "{formulation}": .* make "attiqa/IspTools-v0"'):
        Task(formulation)
