from pathlib import Path

import gymnasium
import numpy as np
import pytest
from fixtures.tolerances import render_tolerance
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from attiqa_core.errors import InputError, UsageError
from isp_env.core import IspCore, Task
from isp_env.env import IspEnv
from isp_env.observe import OBSERVATION
from isp_env.raw_io.dng import write_frame
from isp_env.reward import TERMS
from isp_env.vector_env import IspVectorEnv

NAME = "attiqa/IspTune-v0"


@pytest.fixture(scope="module")
def one_shot(synthetic_frames, tiny_scorer) -> IspCore:
    return IspCore(synthetic_frames, tiny_scorer, Task(proxy_px=32, crops=0))


@pytest.fixture(scope="module")
def iterative(synthetic_frames, tiny_scorer) -> IspCore:
    return IspCore(synthetic_frames, tiny_scorer, Task("iterative", horizon=2, proxy_px=32, crops=0))


@pytest.fixture
def folder(tmp_path, synthetic_frames, tiny_scorer_folder) -> dict:
    for frame in synthetic_frames[:3]:
        write_frame(tmp_path / "raws" / f"{frame.name}.dng", frame)
    return {"raws": str(tmp_path / "raws"), "scorer": str(tiny_scorer_folder), "proxy_px": 32, "crops": 0}


def rest(env) -> np.ndarray:
    return np.zeros(env.action_space.shape, np.float32)


def same_infos(one: dict, other: dict) -> None:
    """Check that infos have the same keys, masks, types and, to the rendering's rounding, numbers."""
    assert one.keys() == other.keys()
    for key, value in one.items():
        if isinstance(value, dict):
            same_infos(value, other[key])
        elif key == "final_obs":
            assert [each is None for each in value] == [each is None for each in other[key]]
        elif value.dtype == np.float64:
            assert np.abs(value - other[key]).max() < 10 * render_tolerance()  # terms weigh up to 3
        else:
            assert value.dtype == other[key].dtype and data_equivalence(value, other[key])


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP])
@pytest.mark.parametrize("which", ["one_shot", "iterative"])
@pytest.mark.slow
def test_it_equals_single_environments_in_gymnasiums_sync_vector_env(which, mode, request):
    core = request.getfixturevalue(which)
    batched = IspVectorEnv(3, core=core, autoreset_mode=mode)
    single = SyncVectorEnv([lambda: IspEnv(core=core)] * 3, autoreset_mode=mode)
    assert batched.metadata == single.metadata
    for name in ("observation_space", "action_space", "single_observation_space", "single_action_space", "num_envs"):
        assert getattr(batched, name) == getattr(single, name)
    (seen, infos), (expected, expected_infos) = batched.reset(seed=7), single.reset(seed=7)
    assert np.array_equal(seen, expected) and batched.np_random_seed == tuple(single.np_random_seed)
    same_infos(infos, expected_infos)
    random = np.random.default_rng(0)
    shares = np.array(["below" in name or "clipped" in name for name in OBSERVATION])
    for _ in range(7):
        actions = random.uniform(-1, 1, batched.action_space.shape).astype(np.float32)
        *given, infos = batched.step(actions)
        *expected, expected_infos = single.step(actions)
        for one, other, slack in zip(given[1:], expected[1:], (1e-3, 0, 0), strict=True):
            assert one.dtype == other.dtype and np.abs(one.astype(float) - other).max() <= slack
        assert given[0].dtype == expected[0].dtype and np.abs(given[0] - expected[0])[:, ~shares].max() < 2e-4
        same_infos(infos, expected_infos)


def test_copies_that_end_at_different_times_are_told_apart_by_masks(iterative):
    env = IspVectorEnv(3, core=iterative)
    env.reset(seed=0)
    env.step(rest(env))
    env._episodes._state.steps[1] = 0  # copy 1 has begun later
    _, _, ended, truncated, infos = env.step(rest(env))
    assert ended.tolist() == [True, False, True] and not truncated.any()
    assert infos["_final_obs"].tolist() == infos["_final_info"].tolist() == [True, False, True]
    assert infos["final_obs"][1] is None and infos["final_obs"][0].shape == env.single_observation_space.shape
    assert infos["_reward_parts"].tolist() == [False, True, False]
    assert infos["final_info"]["image"][1] is None and infos["_image"].all()
    assert set(infos["reward_parts"]) == {*TERMS, *(f"_{term}" for term in TERMS)}


@pytest.mark.slow
def test_make_vec_loads_once_and_takes_the_weights_of_the_reward(folder):
    env = gymnasium.make_vec(NAME, num_envs=4, vectorization_mode="vector_entry_point", **folder)
    assert type(env) is IspVectorEnv and env.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    assert env.spec.kwargs["raws"] == folder["raws"] and env.spec.kwargs["num_envs"] == 4
    assert len({id(core) for core in env.get_attr("core")}) == 1
    weighed = gymnasium.make_vec(NAME, num_envs=4, reward={"tint": 0.04, "prior": 0}, **folder)
    assert type(weighed) is IspVectorEnv  # the default, as there is a vector entry point
    parts = []
    for each in (env, weighed):
        each.reset(seed=0)
        parts.append(each.step(np.full(each.action_space.shape, 0.4, np.float32))[4]["final_info"]["reward_parts"])
    assert parts[1]["tint"] == pytest.approx(4 * parts[0]["tint"]) and not parts[1]["prior"].any()
    again = gymnasium.make_vec(env.spec)
    assert type(again) is IspVectorEnv and again.num_envs == 4


@pytest.mark.slow
def test_every_way_to_make_it_names_raws_that_cannot_be_read(folder):
    (Path(folder["raws"]) / "broken.dng").write_bytes(b"no raw")
    for make in (lambda: gymnasium.make(NAME, **folder), lambda: gymnasium.make_vec(NAME, num_envs=2, **folder)):
        with pytest.warns(UserWarning, match=r"broken\.dng.*\(this raw is left out\)"):
            env = make()
        (failure,) = env.unwrapped.unreadable
        assert "broken.dng" in failure and len(env.unwrapped.core) == 3


def test_options_name_one_raw_for_all_or_one_for_each(one_shot):
    env = IspVectorEnv(3, core=one_shot)
    assert env.reset(options={"image": "scene_2"})[1]["image"].tolist() == ["scene_2"] * 3
    observations, infos = env.reset(options={"image": np.array([2, 0, 1])})
    assert infos["image"].tolist() == ["scene_2", "scene_0", "scene_1"]
    assert np.array_equal(observations, one_shot.default_observations[[2, 0, 1]])
    assert env.reset(options={"image": ["scene_0", 1, None]})[1]["image"].tolist()[:2] == ["scene_0", "scene_1"]
    for options, text in (
        ({"image": [0, 1]}, "2 images for 3 copies"),
        ({"image": [0, 1, 9]}, "image=9: there are 4 raws"),
        ({"raw": 1}, "'raw': is not known"),
        (3, "give a mapping"),
    ):
        with pytest.raises(UsageError, match=text):
            env.reset(options=options)


def test_seeds_are_one_for_each_copy(one_shot):
    env = IspVectorEnv(3, core=one_shot)
    draws = [env.reset(seed=seed)[1]["image"].tolist() for seed in (5, [5, 6, 7], [7, 6, 5])]
    assert draws[0] == draws[1] == draws[2][::-1]
    assert draws[0] == [IspEnv(core=one_shot).reset(seed=seed)[1]["image"] for seed in (5, 6, 7)]
    with pytest.raises(UsageError, match="2 seeds for 3 copies"):
        env.reset(seed=[1, 2])


def test_in_turn_all_raws_come_once(one_shot):
    env = IspVectorEnv(2, core=one_shot, order="in turn")
    seen = env.reset()[1]["image"].tolist() + env.step(rest(env))[4]["image"].tolist()
    assert seen == ["scene_0", "scene_1", "scene_2", "scene_3"]


def test_strangers_ask_copies_by_name(one_shot):
    env = IspVectorEnv(2, core=one_shot, render_mode="rgb_array")
    env.reset(seed=0)
    assert [each.shape for each in env.render()] == [each.shape for each in env.call("render")] == [(28, 36, 3)] * 2
    env.set_attr("lesson", [1, 2])
    env.set_attr("teacher", "one")
    assert env.get_attr("lesson") == (1, 2) and env.call("teacher") == ("one", "one")
    assert env.call("np_random") == env.np_random
    with pytest.raises(UsageError, match="3 values for 2 copies"):
        env.set_attr("lesson", [1, 2, 3])
    assert IspVectorEnv(1, core=one_shot).render() is None


def test_what_makes_no_sense_is_refused_before_a_raw_is_read():
    for given, text in (
        ({"num_envs": 0}, "num_envs=0: give a whole number"),
        ({"render_mode": "human"}, "render_mode 'human'"),
        ({"order": "last"}, "order 'last'"),
        ({"autoreset_mode": "Disabled"}, 'autoreset_mode \'Disabled\': is not one of "SameStep", "NextStep"'),
        ({"formulation": "tools"}, 'formulation "tools": .*attiqa/IspTools-v0'),
        ({"reward": {"hue": -1}}, "reward weight hue=-1"),
    ):
        with pytest.raises(UsageError, match=text):
            IspVectorEnv(**{"num_envs": 2, "raws": "no such folder", **given})
    with pytest.raises(InputError, match="no such folder"):
        IspVectorEnv(2, raws="no such folder")


def test_stepping_before_a_reset_or_after_closing_is_refused(one_shot):
    env = IspVectorEnv(2, core=one_shot)
    with pytest.raises(ResetNeeded, match="call reset first"):
        env.step(rest(env))
    env.reset()
    with pytest.raises(UsageError, match="action of shape"):
        env.step(rest(env)[0])
    with pytest.raises(InputError, match="action exposure_ev=nan"):
        env.step(rest(env) * np.nan)
    env.step(rest(env))  # the episodes go on
    env.close()
    with pytest.raises(ResetNeeded):
        env.step(rest(env))
