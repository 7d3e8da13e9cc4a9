"""Weights as goals: seen, and paid by."""

import dataclasses
import json

import gymnasium
import numpy as np
import pytest
import torch
from fixtures.seeded import uniform
from gymnasium.utils import seeding

from attiqa_core.errors import UsageError
from isp_env.core import IspCore, Task
from isp_env.env import IspEnv
from isp_env.episodes.state import replace_rows
from isp_env.observe import observation_names
from isp_env.raw_io.dng import write_frame
from isp_env.reward import TERMS
from isp_env.reward_weights import RewardWeights
from isp_env.vec_env import IspVecEnv
from isp_env.vector_env import IspVectorEnv

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


@pytest.mark.slow
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


@pytest.mark.slow
def test_gradients_flow_under_goals(tasteful):
    given = actions(tasteful).requires_grad_(True)
    tasteful.appraise(IDS, given, tasteful.draw_goals(np.random.default_rng(0), 3)).values.sum().backward()
    assert torch.isfinite(given.grad).all() and (given.grad != 0).any(1).all()
    assert len(TERMS) == tasteful.appraise(IDS, given).terms.shape[1]


def test_every_episode_draws_its_goals_after_its_raw(tasteful):
    env, single = IspVecEnv(tasteful, 3), IspEnv(core=tasteful)
    env.seed(5)
    observations = env.reset()
    for row in range(3):
        generator = seeding.np_random(5 + row)[0]
        image, goals = int(generator.integers(2)), tasteful.draw_goals(generator, 1)
        assert np.array_equal(observations[row, -4:], goals[0])
        assert env.reset_infos[row]["image"] == tasteful.names[image]
        assert np.array_equal(single.reset(seed=5 + row)[0], observations[row])
    after = env.step(np.zeros((3, tasteful.action_size), np.float32))[0]
    generator.integers(2)
    assert np.array_equal(after[2, -4:], tasteful.draw_goals(generator, 1)[0])


def test_goals_asked_for_are_taken_and_the_others_are_zero(tasteful):
    seen, _ = IspEnv(core=tasteful).reset(options={"image": 1, "goal": {"exposure": 0.5}})
    assert seen[-4:].tolist() == [0, 0, 0.5, 0]
    each = IspVectorEnv(3, core=tasteful).reset(options={"goal": [{"prior": 1}, {}, {"noise_gain": -1}]})[0]
    assert each[:, -4:].tolist() == [[0, 0, 0, 1], [0, 0, 0, 0], [0, -1, 0, 0]]


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        ({"tint": 0.5}, "options goal 'tint': is no goal of this task; there are crop_share, noise_gain"),
        ({"prior": 2}, r"options goal prior=2: give a number in \[-1, 1\]"),
        ({"prior": float("nan")}, "options goal prior=nan"),
        (0.5, r"options goal=0\.5: give a mapping"),
    ],
)
def test_a_goal_that_cannot_be_taken_is_refused(tasteful, goal, said):
    with pytest.raises(UsageError, match=said):
        IspEnv(core=tasteful).reset(options={"goal": goal})


def test_a_task_without_goals_draws_raws_as_before_and_has_none_to_ask_for(plain):
    env, generator = IspEnv(core=plain), seeding.np_random(3)[0]
    env.reset(seed=3)
    images = [env.reset()[1]["image"] for _ in range(6)]
    drawn = [plain.names[int(generator.integers(2))] for _ in range(7)]
    assert images == drawn[1:]
    with pytest.raises(UsageError, match="the task has none"):
        env.reset(options={"goal": {"prior": 0.5}})


def test_a_core_from_paths_has_the_goals_and_squares_asked_for(tmp_path, synthetic_frames, tiny_scorer_folder):
    write_frame(tmp_path / "a.dng", synthetic_frames[0])
    given = {"proxy_px": 48, "crops": 0, "square": True, "goals": ("prior",)}
    env = gymnasium.make("attiqa/IspTune-v0", raws=tmp_path, scorer=tiny_scorer_folder, **given)
    core = env.unwrapped.core
    assert (
        core.task.square
        and core.task.goals == ("prior",)
        and core.groups.groups[0].frames.samples.shape[2:] == (48, 48)
    )
    assert env.reset(seed=1)[0][-1] != 0


def test_crops_are_no_goal_where_there_are_none():
    with pytest.raises(UsageError, match="'crop_share': plays no part without crops"):
        Task(goals=("crop_share",), crops=0)


def test_a_core_and_what_it_has_already_are_not_both_taken(plain):
    for make in (IspEnv, IspVectorEnv):
        with pytest.raises(UsageError, match="core and horizon: a core has its raws, task and weights already"):
            make(core=plain, horizon=3)
