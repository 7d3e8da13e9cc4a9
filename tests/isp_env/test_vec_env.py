import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from stable_baselines3.common.monitor import Monitor

from attiqa_core.errors import InputError, UsageError
from isp_env.core import IspCore, Task
from isp_env.env import IspEnv
from isp_env.episodes.batch import of_one_size
from isp_env.vec_env import IspVecEnv


@pytest.fixture(scope="module")
def small(synthetic_frames, tiny_scorer) -> IspCore:
    """Five raws: the first frame comes twice."""
    frames = [*synthetic_frames, synthetic_frames[0]]
    return IspCore(frames, tiny_scorer, Task(proxy_px=32, crops=0))


def rest(env: IspVecEnv) -> np.ndarray:
    return np.zeros((env.num_envs, env.core.action_size), np.float32)


def started(env: IspVecEnv) -> list[str]:
    return [info["image"] for info in env.reset_infos]


def test_options_of_each_copy_count_for_one_reset(small):
    env = IspVecEnv(small, 3)
    env.seed(0)
    env.set_options([{"image": 2}, {"image": "scene_1"}, {}])
    observations = env.reset()
    assert started(env)[:2] == ["scene_2", "scene_1"]
    assert np.array_equal(observations[:2], small.default_observations[[2, 1]])
    env.set_options({"image": 3})
    env.reset()
    assert started(env) == ["scene_3"] * 3
    draws = set()
    for _ in range(6):
        env.reset()
        draws |= set(started(env))
    assert len(draws) > 1


@pytest.mark.parametrize("copies", [1, 2, 3, 4, 5, 7])
@pytest.mark.slow
def test_in_turn_every_raw_comes_once_as_sb3_shares_out_episodes(small, copies):
    env = IspVecEnv(small, copies, order="in turn")
    for _ in range(2):  # each reset begins the walks again
        env.reset()
        seen = [[int(image)] for image in env._episodes.ids]
        for _ in range(5):
            env.step(rest(env))
            for walk, image in zip(seen, env._episodes.ids, strict=True):
                walk.append(int(image))
        share = [(len(small) + copy) // copies for copy in range(copies)]  # of `evaluate_policy`
        assert sorted(image for walk, most in zip(seen, share, strict=True) for image in walk[:most]) == [0, 1, 2, 3, 4]


def test_where_copies_divide_the_raws_copy_i_begins_with_raw_i(small):
    env = IspVecEnv(small, 5, order="in turn")
    env.reset()
    assert env._episodes.ids.tolist() == [0, 1, 2, 3, 4]


def test_a_single_environment_walks_on_over_resets_and_begins_again_with_a_seed(small):
    env = IspEnv(core=small, order="in turn")
    names = [env.reset()[1]["image"] for _ in range(6)]
    assert names == ["scene_0", "scene_1", "scene_2", "scene_3", "scene_0", "scene_0"]
    env.reset()
    assert env.reset(seed=1)[1]["image"] == "scene_0"


def test_pictures_are_those_of_the_single_environments(small):
    env = IspVecEnv(small, 2, render_mode="rgb_array")
    env.set_options([{"image": 1}, {"image": 2}])
    env.reset()
    for picture, image in zip(env.get_images(), (1, 2), strict=True):
        single = IspEnv(core=small, render_mode="rgb_array")
        single.reset(options={"image": image})
        assert picture.dtype == np.uint8 and np.abs(picture.astype(int) - single.render()).max() <= 1
    assert env.render().shape == (56, 36, 3)  # SB3 tiles them
    assert IspVecEnv(small, 2).get_images() == [None, None]


def test_pictures_of_several_sizes_stand_in_the_middle_of_black():
    wide, tall = np.full((2, 4, 3), 9, np.uint8), np.full((4, 2, 3), 7, np.uint8)
    framed = of_one_size([wide, tall])
    assert [each.shape for each in framed] == [(4, 4, 3)] * 2
    assert framed[0][:, :, 0].sum(1).tolist() == [0, 36, 36, 0] and framed[1][:, :, 0].sum(0).tolist() == [0, 28, 28, 0]
    assert np.array_equal(of_one_size([wide])[0], wide)


def test_strangers_ask_copies_for_attributes_and_methods_by_name(small):
    env = IspVecEnv(small, 3, render_mode="rgb_array")
    env.reset()
    assert env.get_attr("render_mode") == ["rgb_array"] * 3 and env.get_attr("core", [0]) == [small]
    assert env.get_attr("image") == started(env)
    env.set_attr("lesson", 4, indices=[1])
    assert env.get_attr("lesson", 1) == [4] and not env.has_attr("lesson") and not env.has_attr("action_masks")
    assert [each.shape for each in env.env_method("render", indices=[2])] == [(28, 36, 3)]
    assert all(each is not None for each in env.get_attr("unwrapped"))
    with pytest.raises(AttributeError):
        env.env_method("action_masks")
    with pytest.raises(UsageError, match="cannot be stepped or reset by itself"):
        env.env_method("reset")


def test_infos_of_ended_episodes_are_a_monitors(small):
    env = IspVecEnv(small, 2)
    assert env.env_is_wrapped(Monitor) == [True, True] and env.env_is_wrapped(IspEnv) == [False, False]
    env.reset()
    _, rewards, ended, infos = env.step(rest(env))
    assert ended.all() and infos[0]["episode"]["r"] == pytest.approx(rewards[0]) and infos[0]["episode"]["l"] == 1


def test_stepping_without_a_running_episode_is_refused(small):
    env, single = IspVecEnv(small, 2), IspEnv(core=small)
    for act in (lambda: env.step(rest(env)), lambda: single.step(rest(env)[0])):
        with pytest.raises(ResetNeeded, match="call reset first"):
            act()
    single.reset()
    single.step(rest(env)[0])
    with pytest.raises(ResetNeeded, match="after an episode has ended"):
        single.step(rest(env)[0])
    env.reset()
    env.close()
    env.close()
    with pytest.raises(ResetNeeded):
        env.step(rest(env))


@pytest.mark.parametrize("copies", [0, -1, 1.5, True, "8"])
def test_a_number_of_copies_below_one_is_refused(small, copies):
    with pytest.raises(UsageError, match=r"num_envs=.*: give a whole number, 1 or more"):
        IspVecEnv(small, copies)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([0], "give a mapping"),
        ({"picture": 1}, "options 'picture': is not known; there is image, goal"),
        ({"image": 5}, "options image=5: there are 5 raws, counted from 0"),
        ({"image": -1}, "options image=-1"),
        ({"image": 1.0}, r"options image=1\.0: give the index or the name"),
        ({"image": True}, "options image=True: give the index"),
        ({"image": "scene_9"}, "no raw is called so; there are scene_0, scene_1"),
        ({"image": "scene_0"}, r"2 raws are called so; give an index, of \[0, 4\]"),
    ],
)
def test_options_that_cannot_be_taken_are_refused_and_the_episode_goes_on(small, options, text):
    single = IspEnv(core=small)
    _, info = single.reset(seed=0)
    with pytest.raises(UsageError, match=text):
        single.reset(options=options)
    assert single.step(np.zeros(small.action_size))[4]["image"] == info["image"]
    env = IspVecEnv(small, 2)
    env.set_options([{}, options])
    with pytest.raises(UsageError, match=text):
        env.reset()


def test_a_list_of_options_for_another_number_of_copies_is_refused(small):
    env = IspVecEnv(small, 2)
    env.set_options([{"image": 0}])
    with pytest.raises(UsageError, match="a list of one for each of 2 copies"):
        env.reset()


@pytest.mark.parametrize(
    ("actions", "error", "text"),
    [
        (np.zeros((2, 3)), UsageError, r"action of shape \(2, 3\): give shape \(2, \d+\)"),
        (np.zeros(16), UsageError, "action of shape"),
        (None, UsageError, "action of type object: give numbers"),
        ("left", UsageError, "action of type <U4"),
        (np.zeros((2, 16), bool), UsageError, "action of type bool"),
        (np.zeros((2, 16), complex), UsageError, "action of type complex"),
        (np.full((2, 16), 2.0), InputError, r"action exposure_ev=2 is not a finite number in \[-1, 1\]"),
    ],
)
def test_actions_that_are_none_are_refused(small, actions, error, text):
    env = IspVecEnv(small, 2)
    env.reset()
    with pytest.raises(error, match=text):
        env.step(actions)
    if isinstance(actions, np.ndarray) and actions.ndim == 2:
        single = IspEnv(core=small)
        single.reset()
        with pytest.raises(error):
            single.step(actions[0])


@pytest.mark.parametrize("kind", [np.float64, np.float16, int])
def test_actions_of_any_kind_of_number_are_taken(small, kind):
    env = IspVecEnv(small, 2)
    env.reset()
    assert np.isfinite(env.step(np.zeros((2, small.action_size), kind))[1]).all()
    env.step([[0] * small.action_size] * 2)


def test_words_that_are_not_known_are_refused(small):
    for make in (lambda **given: IspVecEnv(small, 1, **given), lambda **given: IspEnv(core=small, **given)):
        with pytest.raises(UsageError, match="render_mode 'human': is not \"rgb_array\", or None"):
            make(render_mode="human")
        with pytest.raises(UsageError, match='order \'sorted\': is not "random" or "in turn"'):
            make(order="sorted")
    with pytest.raises(UsageError, match="formulation 'best': is not one of one-shot, iterative"):
        IspEnv("no such folder", formulation="best")
