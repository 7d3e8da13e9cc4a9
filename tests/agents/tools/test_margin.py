import math

import pytest
import torch
from fixtures.tiny_tools import TINY, tiny_core

from agents.actor import Architecture
from agents.normaliser import Normaliser
from agents.tools.actor import ChoiceNet
from agents.tools.choosers import Agent
from agents.tools.margin import calibrated
from agents.tools.policy import ToolPolicy
from agents.tools.records import play
from agents.tools.tallies import stopped_clean
from attiqa_core.errors import UsageError
from isp_env.tool_episodes.task import ToolTask


@pytest.fixture(scope="module")
def core():
    return tiny_core(36)


def policy_of(core, stop: float) -> ToolPolicy:
    """A policy of drawn preferences, the stop's raised."""
    torch.manual_seed(0)
    net = ChoiceNet(Architecture(core.observation_size, len(TINY) + 1, hidden=())).requires_grad_(False)
    net.layers[-1].bias[-1] += stop
    ones = torch.ones(core.observation_size)
    tools = {tool.name: tool.sha256 for tool in TINY}
    return ToolPolicy(net, Normaliser(0 * ones, ones, -ones, ones), ToolTask(), tools, {}, 16, {"timesteps": 0})


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_the_smallest_margin_leaves_alone_as_many_clean_pictures_as_the_rank_says(core, share):
    raised = calibrated(policy_of(core, -5.0), core, share)
    stops = [*stopped_clean(core, play(core, Agent(raised))).values()]
    assert raised.margin > 0 and sum(stops) == math.ceil((len(stops) + 1) * share)
    assert calibrated(raised, core, share) == raised


def test_a_policy_that_stops_anyway_needs_no_margin(core):
    assert calibrated(policy_of(core, 50.0), core, 0.9).margin == 0


def test_a_share_that_takes_more_clean_pictures_than_there_are_is_a_mistake(core):
    with pytest.raises(UsageError, match="takes 19 clean pictures to judge, and there are 12"):
        calibrated(policy_of(core, 0.0), core, 0.95)
