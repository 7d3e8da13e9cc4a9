from dataclasses import replace

import gymnasium
import numpy as np
import pytest
import torch
from fixtures.env_checkers import passes_both_checkers
from fixtures.seeded import uniform
from fixtures.tolerances import render_tolerance, rounding
from gymnasium.error import ResetNeeded

from attiqa_core.errors import InputError, UsageError
from isp_env.core import IspCore, Task
from isp_env.env import IspEnv
from isp_env.measures.reference import Reference
from isp_env.observe import COLOURS, DEFAULTS, OBSERVATION
from isp_env.params import PARAMETERS, IspParams
from isp_env.pipeline import render
from isp_env.raw_io.dng import write_frame
from isp_env.reward import TERMS
from isp_env.reward_weights import RewardWeights
from isp_env.vec_env import IspVecEnv


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("which", ["core", "iterative_core"])
@pytest.mark.slow
def test_both_environment_checkers_pass(which, request):
    passes_both_checkers(IspEnv(core=request.getfixturevalue(which), render_mode="rgb_array"))


@pytest.mark.slow
def test_gymnasium_makes_it_from_paths_and_numbers(tmp_path, synthetic_frames, tiny_scorer_folder):
    write_frame(tmp_path / "a.dng", synthetic_frames[0])
    env = gymnasium.make("attiqa/IspTune-v0", raws=str(tmp_path), scorer=str(tiny_scorer_folder), proxy_px=64)
    observation, info = env.reset(seed=0)
    assert observation.shape == (len(OBSERVATION),) and info["image"] == "a"
    assert env.spec is not None and env.spec.kwargs["raws"] == str(tmp_path)


@pytest.mark.slow
def test_weights_of_the_reward_are_given_by_name_to_gymnasium(tmp_path, synthetic_frames, tiny_scorer_folder):
    write_frame(tmp_path / "a.dng", synthetic_frames[0])
    given = {"raws": str(tmp_path), "scorer": str(tiny_scorer_folder), "proxy_px": 64}
    action = np.full(len(PARAMETERS), 0.4, np.float32)

    def tint_part(**options):
        env = gymnasium.make("attiqa/IspTune-v0", **given, **options)
        env.reset(seed=0)
        return env.step(action)[4]["reward_parts"]["tint"]

    assert tint_part(reward={"tint": 0.04}) == pytest.approx(4 * tint_part())
    assert tint_part(reward={"tint": 0, "hue": 1}) == 0


@pytest.mark.parametrize(
    ("reward", "text"),
    [
        ({"saturation": 1.0}, r"reward weight 'saturation' is not one of crop_share, over_range, .*, prior$"),
        ({"tint": "much"}, "reward weight tint='much': give a finite number, 0 or more"),
        ({"tint": np.nan}, "reward weight tint=nan"),
        ({"hue": -1}, "reward weight hue=-1"),
        ({"hue": True}, "reward weight hue=True"),
    ],
)
def test_a_weight_that_does_not_exist_or_is_no_number_is_refused_before_a_raw_is_read(reward, text):
    with pytest.raises(UsageError, match=text):
        IspEnv("no such folder", reward=reward)


@pytest.mark.parametrize("which", ["core", "iterative_core"])
@pytest.mark.slow
def test_one_vectorised_environment_equals_the_single_one(which, request):
    core = request.getfixturevalue(which)
    single, vector = IspEnv(core=core), IspVecEnv(core, 1)
    vector.seed(5)
    first, _ = single.reset(seed=5)
    assert np.array_equal(first, vector.reset()[0])
    random = np.random.default_rng(0)
    for _ in range(7):
        action = random.uniform(-1, 1, core.action_size).astype(np.float32)
        observation, reward, terminated, _, info = single.step(action)
        seen, rewards, ended, infos = vector.step(action[None])
        assert rewards[0] == np.float32(reward) and ended[0] == terminated
        if terminated:
            assert np.array_equal(infos[0]["terminal_observation"], observation)
            assert infos[0]["image"] == info["image"] and infos[0]["episode"]["l"] == core.task.steps
            observation, _ = single.reset()
        assert np.array_equal(seen[0], observation)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_run(core):
    def run():
        env = IspVecEnv(core, 3)
        env.seed(1)
        env.reset()
        random = np.random.default_rng(2)
        steps = [env.step(random.uniform(-1, 1, (3, core.action_size)).astype(np.float32)) for _ in range(3)]
        return [np.concatenate([observations.ravel(), rewards]) for observations, rewards, _, _ in steps]

    assert all(np.array_equal(one, other) for one, other in zip(run(), run(), strict=True))


FLIPPED_PIXELS = 4  # that lie within a rounding of one of 34 levels, of 64 x 64: hardly ever two


@pytest.mark.slow
def test_an_episode_does_not_depend_on_its_batch_neighbours(core):
    shares = torch.tensor(["below" in name or "clipped" in name for name in OBSERVATION])
    actions = uniform(4, core.action_size) - 0.5
    state, _ = core.reset(torch.arange(4))
    together = core.step(state, actions)
    for index in range(4):
        alone = core.step(core.reset(torch.tensor([index]))[0], actions[[index]])
        torch.testing.assert_close(together.rewards[[index]], alone.rewards, atol=render_tolerance(), rtol=0)
        difference = (together.observations[[index]] - alone.observations)[0].abs()
        assert difference[shares].max() <= FLIPPED_PIXELS / 64**2
        assert difference[~shares].max() <= 2e-4  # logarithms of detail and noise: relative errors


def test_the_identity_action_earns_nothing(core):
    state, _ = core.reset(torch.arange(4))
    transition = core.step(state, core.identity.expand(4, -1))
    torch.testing.assert_close(transition.rewards, torch.zeros(4), atol=1e-5, rtol=0)


@pytest.mark.slow
def test_rewards_are_the_sum_of_their_parts_and_telescope(iterative_core):
    core = iterative_core
    state, _ = core.reset(torch.arange(4))
    start, rewards = state.terms.sum(1), torch.zeros(4)
    for step in range(3):
        transition = core.step(state, torch.full((4, core.action_size), 0.5))
        torch.testing.assert_close(transition.rewards, transition.parts.sum(1))
        assert transition.terminated.all() == (step == 2)
        rewards, state = rewards + transition.rewards, transition.state
    torch.testing.assert_close(rewards, state.terms.sum(1) - start, atol=rounding(64), rtol=0)


def test_an_iterative_step_is_bounded_and_time_runs_out(iterative_core):
    state, first = iterative_core.reset(torch.tensor([0]))
    transition = iterative_core.step(state, torch.ones(1, iterative_core.action_size))
    moved = transition.state.actions - state.actions
    assert moved.max() <= iterative_core.task.step_size + 1e-6
    left = OBSERVATION.index("time_left")
    assert first[0, left] == 1 and transition.observations[0, left] == pytest.approx(2 / 3)


def test_an_episode_that_has_ended_stays_and_earns_nothing(iterative_core):
    core, ones = iterative_core, torch.ones(1, iterative_core.action_size)
    state, _ = core.reset(torch.tensor([0]))
    for _ in range(core.task.steps):
        end = core.step(state, 0.3 * ones)
        state = end.state
    after = core.step(end.state, -ones)
    assert after.terminated.all() and (after.rewards == 0).all() and (after.parts == 0).all()
    assert torch.equal(after.state.actions, state.actions) and torch.equal(after.state.terms, state.terms)
    assert torch.equal(after.observations, end.observations)  # of the same picture, with no time left


def test_the_score_in_the_terms_is_the_scorers(synthetic_frames, tiny_scorer):
    core = IspCore(synthetic_frames, tiny_scorer, Task(proxy_px=64, crops=0))
    proxy = synthetic_frames[1].proxy(64, by_area=True)
    with torch.inference_mode():
        expected = tiny_scorer(render(proxy, IspParams.default(1)))
    torch.testing.assert_close(core.default_scores[[1]], expected, atol=render_tolerance(), rtol=0)


def test_penalties_only_take_away_and_the_prior_grows_with_distance(core):
    def terms(strength):
        state, _ = core.reset(torch.tensor([0]))
        return core.step(state, (core.identity + strength).clamp(-1, 1)[None]).state.terms[0]

    near, far = terms(0.1), terms(0.8)
    assert (near[1:] <= 0).all() and (far[1:] <= 0).all()
    prior = TERMS.index("prior")
    assert far[prior] < near[prior] < 0


@pytest.mark.slow
def test_weights_scale_their_penalty(synthetic_frames, tiny_scorer):
    action = torch.full((1, len(PARAMETERS)), 0.9)

    def prior(weight):
        core = IspCore(synthetic_frames[:1], tiny_scorer, Task(proxy_px=64), RewardWeights(prior=weight))
        return core.step(core.reset(torch.tensor([0]))[0], action).state.terms[0, TERMS.index("prior")]

    torch.testing.assert_close(prior(0.4), 10 * prior(0.04))


@pytest.mark.parametrize(("value", "text"), [(np.nan, "nan"), (1.5, "1.5"), (-np.inf, "-inf")])
def test_a_bad_action_names_image_and_parameter(core, value, text):
    env = IspEnv(core=core)
    _, info = env.reset(seed=0)
    action = np.zeros(core.action_size, np.float32)
    action[3] = value
    with pytest.raises(InputError, match=f"{info['image']}: action contrast={text}"):
        env.step(action)


def test_the_value_is_differentiable_in_every_parameter(core):
    action = (core.identity * 0.7 + 0.1)[None].clone().requires_grad_(True)
    core.appraise(torch.tensor([0]), action).values.sum().backward()
    assert torch.isfinite(action.grad).all() and (action.grad != 0).all()


def test_scores_and_rewards_may_enter_a_gradient(core):
    state, observations = core.reset(torch.arange(4))
    rewards = core.step(state, core.identity.expand(4, -1)).rewards
    factor = torch.ones(4, requires_grad=True)
    (factor * (core.default_scores + rewards) + observations.sum(1)).sum().backward()
    torch.testing.assert_close(factor.grad, core.default_scores + rewards)


def test_a_damaged_raw_is_named_before_anything_is_scored(synthetic_frames, tiny_scorer):
    proxy = synthetic_frames[0].proxy(64, square=True)
    damaged = replace(proxy, samples=np.full_like(proxy.samples, np.nan), name="damaged")
    with pytest.raises(InputError, match="damaged: its render is not finite"):
        IspCore([proxy, damaged], tiny_scorer, Task(proxy_px=64, crops=0))


def test_a_task_that_makes_no_sense_is_refused(synthetic_frames, tiny_scorer):
    with pytest.raises(UsageError, match="horizon"):
        IspCore(synthetic_frames, tiny_scorer, Task("iterative", horizon=0))
    with pytest.raises(InputError, match="no raws"):
        IspCore([], tiny_scorer)


def test_render_mode_shows_the_current_picture(core):
    env = IspEnv(core=core, render_mode="rgb_array")
    with pytest.raises(ResetNeeded):
        env.render()
    env.reset(seed=0)
    picture = env.render()
    assert picture.shape == (56, 74, 3) and picture.dtype == np.uint8 and picture.std() > 5


def test_what_the_reward_measures_against_is_seen_in_every_step(iterative_core):
    core, noise = iterative_core, OBSERVATION.index("noise")
    state, first = core.reset(torch.arange(4))
    later = core.step(state, torch.full((4, core.action_size), 0.5)).observations
    defaults = [OBSERVATION.index(name) for name in DEFAULTS]
    now = [noise, *(OBSERVATION.index(name) for name in COLOURS)]
    assert torch.equal(first[:, now], first[:, defaults])
    assert torch.equal(later[:, defaults], first[:, defaults])
    assert (later[:, now] != later[:, defaults]).any(0).all() and later[:, defaults].abs().max() < 4


def test_a_share_of_chroma_is_a_difference_of_what_is_seen():
    one = torch.ones(1)
    whole, half = (Reference(one, 0.4 * share * one, one, torch.tensor([[0.25, -0.5]]), one) for share in (1, 0.5))
    difference = whole.colours() - half.colours()
    torch.testing.assert_close(difference, torch.tensor([[1.0, 0, 0, 0]]))
    assert whole.colours()[0, 2:].tolist() == [1, -2]
