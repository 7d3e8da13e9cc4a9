import math

import pytest
import torch
from fixtures.tiny_tools import TINY, tiny_core

from agents.actor import Architecture
from agents.normaliser import Normaliser
from agents.tools.caution import calibrated
from agents.tools.choosers import Agent
from agents.tools.members import Members, merged
from agents.tools.policy import ToolPolicy
from agents.tools.records import play
from agents.tools.tallies import stopped_clean
from attiqa_core.errors import UsageError
from isp_env.tool_episodes.task import ToolTask


@pytest.fixture(scope="module")
def core():
    return tiny_core(36)


def policy_of(core, stop: float, members: int = 3) -> ToolPolicy:
    """A policy of drawn answers, those about the stop raised."""
    torch.manual_seed(0)
    parts = Members(Architecture(core.observation_size, len(TINY) + 1, hidden=()), members)
    with torch.no_grad():
        for net in parts.nets:
            net.layers[-1].bias[-1] += stop
    ones = torch.ones(core.observation_size)
    tools = {tool.name: tool.sha256 for tool in TINY}
    normaliser = Normaliser(0 * ones, ones, -ones, ones)
    return ToolPolicy(merged(parts), normaliser, ToolTask(), tools, {}, 16, {"timesteps": 0}, members)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_the_smallest_caution_leaves_alone_as_many_clean_pictures_as_the_rank_says(core, share):
    raised = calibrated(policy_of(core, -5.0), core, share)
    stops = [*stopped_clean(core, play(core, Agent(raised))).values()]
    assert raised.caution > 0 and sum(stops) == math.ceil((len(stops) + 1) * share)
    assert calibrated(raised, core, share) == raised


def test_a_policy_that_stops_anyway_needs_no_caution(core):
    assert calibrated(policy_of(core, 50.0), core, 0.9).caution == 0


def test_a_share_that_takes_more_clean_pictures_than_there_are_is_a_mistake(core):
    with pytest.raises(UsageError, match="takes 19 clean pictures to judge, and there are 12"):
        calibrated(policy_of(core, 0.0), core, 0.95)


def test_one_member_cannot_disagree(core):
    with pytest.raises(UsageError, match="several members"):
        calibrated(policy_of(core, 0.0, members=1), core, 0.5)
