"""The rows of a benchmark: what a policy brings with it, and how rows are called."""

from dataclasses import replace

import pytest
import torch
from fixtures.seeded import seeded

from agents.actor import Actor, Architecture
from agents.baselines.controls import FixedTuner, ShuffledTuner, shuffled
from agents.conformance import CountingJudge
from agents.normaliser import Normaliser
from agents.policy import Policy
from agents.rows import make_rows
from agents.tuner import PolicyTuner
from attiqa_core.errors import InputError, UsageError
from isp_env.core import IspCore, Task
from isp_env.observe import OBSERVATION
from isp_env.params import PARAMETERS, IspParams
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise
from isp_env.reward_weights import RewardWeights

TASK = Task(proxy_px=32, crops=0)
SCENES = {"a1": "a", "a2": "a", "b1": "b", "c1": "c"}


def policy(algorithm: str, **training) -> PolicyTuner:
    size = len(OBSERVATION)
    torch.manual_seed(0)
    actor = Actor(Architecture(size, len(PARAMETERS), hidden=()))
    zeros, ones = torch.zeros(size), torch.ones(size)
    described = {"algorithm": algorithm, **training}
    base = torch.full((len(PARAMETERS),), 0.05)
    known = Policy(base, 0.6, actor, Normaliser(zeros, ones, -ones, ones), TASK, RewardWeights(), {}, described)
    return PolicyTuner(known, CountingJudge())


def names(*policies: PolicyTuner, specs=("sobol-4", "refined-8")) -> list[str]:
    return [row.tuner.name for row in make_rows(specs, policies, TASK, SCENES, 0)]


def test_a_policy_brings_its_controls_is_called_by_its_algorithm_and_is_refined():
    mean_action = [0.1] * len(PARAMETERS)
    rows = make_rows(("sobol-4", "refined-8"), [policy("PPO", mean_action=mean_action)], TASK, SCENES, 0)
    assert [row.tuner.name for row in rows] == [
        "default",
        "sobol-4",
        "constant",
        "mean-action",
        "shuffled",
        "ppo",
        "refined-8",
    ]
    assert [row.kind for row in rows] == [
        "baseline",
        "baseline",
        "constant",
        "mean-action",
        "shuffled",
        "policy",
        "refined",
    ]
    assert [row.tuner.queries for row in rows] == [0, 4, 0, 0, 1, 1, 8]


def test_a_policy_of_the_gradient_is_called_amortised_and_two_of_one_algorithm_are_numbered():
    assert names(policy("gradient")) == ["default", "sobol-4", "constant", "shuffled", "amortised", "refined-8"]
    assert names(policy("PPO"), policy("PPO"), specs=()) == [
        "default",
        "constant-ppo-1",
        "shuffled-ppo-1",
        "ppo-1",
        "constant-ppo-2",
        "shuffled-ppo-2",
        "ppo-2",
    ]


def test_the_mean_action_of_an_iterative_policy_is_where_its_episodes_end():
    iterative = replace(TASK, formulation="iterative", horizon=3, step_size=0.5)
    identity = IspParams.identity_action(TASK.profile)
    mean_action = identity + 0.3 * (identity < 0.5)
    tuner = policy("PPO", mean_action=mean_action.tolist())
    tuner.policy = replace(tuner.policy, task=iterative)
    (mean,) = (row.tuner for row in make_rows((), [tuner], TASK, SCENES, 0) if row.kind == "mean-action")
    actions = identity + sum(iterative.step_size * mean.action for _ in range(iterative.steps))
    torch.testing.assert_close(actions, mean_action)


def test_a_refinement_needs_a_policy_and_more_queries_than_the_policy_asks():
    with pytest.raises(UsageError, match="--policy"):
        make_rows(["refined-8"], [], TASK, SCENES, 0)
    iterative = policy("PPO")
    iterative.policy = replace(iterative.policy, task=replace(TASK, formulation="iterative"))
    with pytest.raises(UsageError, match="the policy alone asks 5 times"):
        make_rows(["refined-5"], [iterative], TASK, SCENES, 0)


@pytest.mark.parametrize("scenes", ["aabbc", "abc", "aaabbb", "aab", "aaaab"])
def test_shuffled_shows_each_raw_one_of_another_scene_and_each_once_where_that_can_be(scenes):
    others = shuffled(scenes, 0).tolist()
    assert all(scenes[one] != scenes[other] for one, other in enumerate(others))
    if max(map(scenes.count, scenes)) <= len(scenes) / 2:
        assert sorted(others) == list(range(len(scenes)))
    assert others == shuffled(scenes, 0).tolist()


def test_one_scene_cannot_be_shuffled_and_has_no_such_row():
    with pytest.raises(InputError, match="one scene"):
        shuffled("aa", 0)
    one_scene = make_rows((), [policy("PPO")], TASK, {"a1": "a", "a2": "a"}, 0)
    assert [row.tuner.name for row in one_scene] == ["default", "constant", "ppo"]


@pytest.fixture(scope="module")
def core():
    photo = torch.rand(48, 48, 3, generator=seeded()).numpy()
    frames = [synthesise(photo, CAMERAS["gopro-hero6"], exposure_ev=-ev, name=name) for ev, name in enumerate(SCENES)]
    return IspCore(frames, CountingJudge(), TASK)


@pytest.mark.slow
def test_shuffled_is_the_policys_answer_to_the_other_raw(core):
    tuner = policy("PPO")
    answers = tuner.tune(core).values
    others = shuffled(list(SCENES.values()), 0)
    assert torch.equal(ShuffledTuner(tuner, SCENES).tune(core).values, answers[others])


@pytest.mark.slow
def test_a_fixed_action_is_the_same_for_every_raw_and_is_taken_at_each_step_of_an_iterative_task(core):
    action = torch.full((core.action_size,), 0.1)
    values = FixedTuner(action, TASK, "constant").tune(core).values
    assert torch.equal(values, core.params(action[None]).values.expand(4, -1))
    iterative = replace(TASK, formulation="iterative", horizon=3, step_size=0.5)
    (params,) = {tuple(row) for row in FixedTuner(action, iterative, "constant").tune(core).values.tolist()}
    after_three = (core.identity + 3 * 0.5 * 0.1).clamp(-1, 1)
    torch.testing.assert_close(torch.tensor([params]), core.params(after_three[None]).values)
