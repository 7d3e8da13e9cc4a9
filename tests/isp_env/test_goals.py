"""Weights as goals: seen, and paid by."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from fixtures.seeded import uniform

from attiqa_core.errors import UsageError
from isp_env.core import IspCore, Task
from isp_env.observe import observation_names
from isp_env.reward import TERMS
from isp_env.reward_weights import RewardWeights
from isp_env.state import replace_rows

GOALS = ("crop_share", "noise_gain", "exposure", "prior")
IDS = torch.tensor([0, 1, 0])


@pytest.fixture(scope="module")
def tasteful(synthetic_frames, tiny_scorer) -> IspCore:
    return IspCore(synthetic_frames[:2], tiny_scorer, Task(proxy_px=64, goals=GOALS))


@pytest.fixture(scope="module")
def plain(synthetic_frames, tiny_scorer) -> IspCore:
    return IspCore(synthetic_frames[:2], tiny_scorer, Task(proxy_px=64))


def actions(core: IspCore) -> torch.Tensor:
    return 0.6 * (uniform(3, core.action_size) - 0.5)


def test_goals_of_zero_are_the_weights_as_they_are(tasteful, plain):
    state, first = tasteful.reset(IDS)
    before, plain_first = plain.reset(IDS)
    assert state.goals.shape == (3, len(GOALS)) and before.goals.shape == (3, 0)
    assert torch.equal(first[:, : -len(GOALS)], plain_first) and not first[:, -len(GOALS) :].any()
    ours, theirs = tasteful.step(state, actions(plain)), plain.step(before, actions(plain))
    assert torch.equal(ours.rewards, theirs.rewards) and torch.equal(ours.state.terms, theirs.state.terms)


@pytest.mark.slow
def test_a_row_of_goals_pays_what_a_core_of_those_weights_pays(tasteful, synthetic_frames, tiny_scorer):
    goals = torch.tensor([[0.25, 0.5, -1.0, 1.0], [0.0, -0.5, 0.0, 0.5], [-1.0, 0.0, 1.0, 0.0]])
    weights = RewardWeights()
    state, first = tasteful.reset(IDS, goals)
    after = tasteful.step(state, actions(tasteful))
    appraised = tasteful.appraise(IDS, actions(tasteful), goals)
    assert torch.equal(first[:, -len(GOALS) :], goals) and torch.equal(after.observations[:, -len(GOALS) :], goals)
    assert torch.equal(appraised.terms, after.state.terms)
    for row in range(3):
        own = {name: getattr(weights, name) * 4 ** float(goal) for name, goal in zip(GOALS, goals[row], strict=True)}
        core = IspCore(synthetic_frames[:2], tiny_scorer, Task(proxy_px=64), RewardWeights(**own))
        start, seen = core.reset(IDS[[row]])
        step = core.step(start, actions(core)[[row]])
        torch.testing.assert_close(state.terms[[row]], start.terms, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(after.parts[[row]], step.parts, atol=1e-4, rtol=1e-3)
        score = observation_names(core.task.profile.names).index("score")
        torch.testing.assert_close(first[row, score], seen[0, score], atol=1e-5, rtol=0)


def test_the_share_of_the_crops_ends_at_one(tasteful):
    goals = torch.tensor([[1.0, 0, 0, 0]]).expand(3, -1)
    seen = tasteful.appraise(IDS, tasteful.identity.expand(3, -1), goals)
    torch.testing.assert_close(seen.scores, seen.readings[:, 1, 0])  # 4 times a half


def test_goals_are_drawn_by_the_generator_and_travel_with_their_rows(tasteful, plain):
    first, again = (tasteful.draw_goals(np.random.default_rng(3), 3) for _ in range(2))
    assert torch.equal(first, again) and first.shape == (3, len(GOALS)) and first.abs().max() <= 1
    assert plain.draw_goals(np.random.default_rng(3), 3).shape == (3, 0)
    state, _ = tasteful.reset(IDS, first)
    other, _ = tasteful.reset(IDS[:1])
    mixed = replace_rows(state, torch.tensor([1]), other)
    assert torch.equal(mixed.goals[[0, 2]], first[[0, 2]]) and not mixed.goals[1].any()


def test_an_observation_names_its_goals_and_a_task_comes_back_from_json(tasteful):
    names = observation_names(tasteful.task.profile.names, GOALS)
    assert names[-4:] == tuple(f"goal_{name}" for name in GOALS) and len(names) == tasteful.observation_size
    assert tasteful.goal_size == 4
    assert Task.from_stored(json.loads(json.dumps(dataclasses.asdict(tasteful.task)))) == tasteful.task


@pytest.mark.parametrize("goals", [("saturation",), ("quality",), ("tint", "tint")])
def test_a_goal_that_is_no_weight_or_is_named_twice_is_refused(goals):
    with pytest.raises(UsageError, match=r"goal '\w+': name some of crop_share"):
        Task(goals=goals)


def test_gradients_flow_under_goals(tasteful):
    given = actions(tasteful).requires_grad_(True)
    tasteful.appraise(IDS, given, tasteful.draw_goals(np.random.default_rng(0), 3)).values.sum().backward()
    assert torch.isfinite(given.grad).all() and (given.grad != 0).any(1).all()
    assert len(TERMS) == tasteful.appraise(IDS, given).terms.shape[1]
