import gymnasium
import numpy as np
import pytest
from fixtures.env_checkers import passes_both_checkers
from gymnasium.error import ResetNeeded
from PIL import Image
from stable_baselines3.common.monitor import Monitor

from attiqa_core.errors import InputError, UsageError
from isp_env.conformance import CountingJudge, small_raws
from isp_env.core import IspCore, Task
from isp_env.env import IspEnv
from isp_env.raw_io.dng import write_frame
from isp_env.tool_episodes.core import ToolCore
from isp_env.tool_episodes.env import ToolEnv
from isp_env.tool_episodes.task import ToolTask
from isp_env.tool_episodes.vec_env import ToolVecEnv
from isp_env.tool_episodes.vector_env import ToolVectorEnv
from isp_env.vec_env import IspVecEnv

NAME = "attiqa/IspTools-v0"
LIGHT, HALF, EXCHANGE, STOP = range(4)


@pytest.fixture
def core(contexts, tools) -> ToolCore:
    return ToolCore(contexts, tools)


@pytest.fixture
def hybrid(contexts, tools) -> ToolCore:
    return ToolCore(contexts, tools, None, ToolTask("hybrid", levels=(0.5, 1.0)))


@pytest.fixture
def photos(tmp_path):
    for name, value in (("grey", 128), ("dark", 40)):
        noise = np.random.default_rng(0).integers(0, 60, (32, 40, 3))
        Image.fromarray((value + noise).astype(np.uint8)).save(tmp_path / f"{name}.png")
    return {"photos": str(tmp_path), "px": 24, "draws": 2}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("which", ["core", "hybrid"])
@pytest.mark.slow
def test_both_environment_checkers_pass(which, request):
    passes_both_checkers(ToolEnv(core=request.getfixturevalue(which), render_mode="rgb_array"))


def test_the_spaces_are_choices_with_the_stop_and_of_a_hybrid_task_levels(core, hybrid):
    assert ToolEnv(core=core).action_space == gymnasium.spaces.Discrete(4)
    assert ToolEnv(core=hybrid).action_space == gymnasium.spaces.MultiDiscrete([4, 2])
    assert ToolVectorEnv(5, core=core).action_space.shape == (5,)


def test_an_episode_mends_and_stops(core):
    env = ToolEnv(core=core, render_mode="rgb_array")
    _, info = env.reset(seed=0, options={"image": "dark"})
    before = env.render()
    _, reward, ended, _, told = env.step(LIGHT)
    assert info["image"] == "dark" and reward > 1 and not ended
    assert told["reward_parts"] == {"psnr": pytest.approx(reward), "judge": 0, "reuse": 0}
    assert np.abs(env.render().astype(int) - 2 * before.astype(int)).max() <= 1
    assert env.action_masks().tolist() == [True, False, True, True]
    _, reward, ended, truncated, _ = env.step(np.int64(STOP))
    assert (reward, ended, truncated) == (0, True, False)
    with pytest.raises(ResetNeeded, match="after an episode has ended"):
        env.step(STOP)


def test_a_hybrid_action_is_a_tool_and_the_place_of_its_strength(hybrid, contexts):
    env = ToolEnv(core=hybrid)
    env.reset(options={"image": 1})
    _, half, *_ = env.step(np.array([LIGHT, 0]))
    env.reset(options={"image": 1})
    _, whole, *_ = env.step(np.array([LIGHT, 1]))
    assert whole > half > 0
    assert env.action_masks().tolist() == [True, False, True, True, True, True]


@pytest.mark.slow
def test_gymnasium_makes_it_from_paths_and_numbers(photos):
    env = gymnasium.make(NAME, tools=("brightness",), defects="dark", clean_share=0, horizon=2, **photos)
    observation, info = env.reset(seed=0)
    assert observation.shape == (env.unwrapped.core.observation_size,) and info["image"].split("#")[0] in (
        "grey",
        "dark",
    )
    assert env.spec is not None and env.spec.kwargs["horizon"] == 2
    assert set(env.unwrapped.core.contexts.planted) == {"dark"}
    many = gymnasium.make_vec(NAME, num_envs=3, tools="brightness", formulation="hybrid", **photos)
    seen, _ = many.reset(seed=0)
    _, _, ended, _, infos = many.step(np.array([[6, 0], [0, 0], [6, 3]]))
    assert seen.shape == (3, many.unwrapped.core.observation_size)
    assert ended.tolist() == [True, False, True] and infos["final_info"]["image"][0] == infos["final_info"]["image"][0]
    assert many.unwrapped.action_masks().shape == (3, 7 + 4)


@pytest.mark.slow
def test_parity_is_one_word(photos):
    core = ToolEnv(parity=True, **photos).core
    assert core.task == ToolTask.parity() and "brightness+0.15" in core.tool_names
    assert "brightness+0.05" not in core.tool_names


@pytest.mark.slow
def test_raws_are_judged_and_have_no_references(tmp_path, tiny_scorer_folder):
    for frame in small_raws()[:2]:
        write_frame(tmp_path / f"{frame.name}.dng", frame)
    given = {"raws": str(tmp_path), "px": 32, "tools": ("brightness+0.15", "brightness-0.15")}
    env = ToolEnv(judge=str(tiny_scorer_folder), reward="judge", **given)
    env.reset(seed=0)
    _, reward, _, _, info = env.step(0)
    assert info["reward_parts"]["judge"] == reward != 0
    with pytest.raises(UsageError, match='reward "psnr": needs references'):
        ToolEnv(**given)


def test_copies_that_end_begin_anew_and_tell_of_their_episode(core):
    env = ToolVecEnv(core, 3)
    assert env.env_is_wrapped(Monitor) == [True] * 3
    env.set_options([{"image": 0}, {"image": 1}, {"image": 2}])
    env.reset()
    _, _, ended, infos = env.step(np.array([STOP, LIGHT, EXCHANGE]))
    assert ended.tolist() == [True, False, False]
    assert infos[0]["episode"]["l"] == 1 and infos[0]["episode"]["r"] == 0 and infos[0]["image"] == "clean"
    assert not infos[0]["TimeLimit.truncated"] and infos[1] == {}
    _, _, ended, infos = env.step(np.array([STOP, STOP, HALF]))
    assert ended.tolist() == [True, True, False] and infos[1]["episode"]["l"] == 2
    assert infos[1]["reward_parts"]["psnr"] == pytest.approx(infos[1]["episode"]["r"])


def test_masks_are_those_of_the_episode_that_runs(core):
    env = ToolVecEnv(core, 2)
    env.reset()
    env.step(np.array([LIGHT, EXCHANGE]))
    assert env.action_masks().tolist() == [[True, False, True, True], [True] * 4]
    assert np.array_equal(np.stack(env.env_method("action_masks")), env.action_masks())
    env.step(np.array([STOP, STOP]))
    assert env.action_masks().all()


def test_sb3_contrib_finds_the_masks(core):
    masks = pytest.importorskip("sb3_contrib.common.maskable.utils", reason="sb3-contrib is not installed")
    vec, single = ToolVecEnv(core, 2), ToolEnv(core=core)
    vec.reset()
    single.reset()
    assert masks.is_masking_supported(vec) and masks.is_masking_supported(single)
    assert masks.get_action_masks(vec).shape == (2, 4) and masks.get_action_masks(single).shape == (4,)


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (4, "choice 4: there are 3 tools from 0 on, and the stop, 3"),
        (-1, "choice -1"),
        (0.5, "action of type float64: give whole numbers, a choice for each episode"),
        ([0], r"action of shape \(1,\): give shape \(\)"),
        (True, "action of type bool"),
    ],
)
def test_an_action_that_is_none_is_refused(core, action, text):
    env = ToolEnv(core=core)
    env.reset(options={"image": "clean"})
    with pytest.raises(UsageError, match=text):
        env.step(action)


@pytest.mark.parametrize(
    ("action", "text"), [([0, 2], "clean: level 2: there are 2 from 0 on"), (0, r"give shape \(2,\)")]
)
def test_a_hybrid_action_that_is_none_is_refused(hybrid, action, text):
    env = ToolEnv(core=hybrid)
    env.reset(options={"image": "clean"})
    with pytest.raises(UsageError, match=text):
        env.step(action)


def test_a_core_of_another_task_is_refused_with_the_name_of_the_right_environment(core, small_core):
    for make in (lambda: IspVecEnv(core, 2), lambda: IspEnv(core=core)):
        with pytest.raises(UsageError, match=r'core of type ToolCore: .*"attiqa/IspTools-v0"'):
            make()
    with pytest.raises(UsageError, match="core of type IspCore: give a ToolCore"):
        ToolVecEnv(small_core, 2)
    with pytest.raises(UsageError, match=r'formulation "tools": .*attiqa/IspTools-v0'):
        IspEnv("no such folder", formulation="tools")


@pytest.fixture
def small_core(tiny_scorer) -> IspCore:
    return IspCore(small_raws(), tiny_scorer, Task(proxy_px=32, crops=0))


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ({}, UsageError, "photos and raws: name files or folders of one of them"),
        ({"photos": "a", "raws": "b"}, UsageError, "photos and raws"),
        (
            {"photos": "a", "formulation": "iterative"},
            UsageError,
            "formulation 'iterative': is not one of tools, hybrid",
        ),
        ({"photos": "a", "colour": 1}, UsageError, "colour: is no option; there is formulation, horizon"),
        ({"photos": "a", "tools": "saw"}, UsageError, "'saw' is no tool"),
        ({"photos": "a", "severities": (1,)}, UsageError, "severities"),
        ({"photos": "no such folder"}, InputError, "no such folder"),
        ({"photos": "a", "render_mode": "human"}, UsageError, "render_mode 'human'"),
        ({"photos": "a", "order": "backwards"}, UsageError, "order 'backwards'"),
    ],
)
def test_what_cannot_be_made_is_refused(given, error, text):
    with pytest.raises(error, match=text):
        ToolEnv(**given)


def test_a_core_and_what_it_has_already_are_refused(core):
    with pytest.raises(UsageError, match="core and horizon"):
        ToolEnv(core=core, horizon=2)


def test_unreadable_photos_are_told_and_left_out(photos, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.warns(UserWarning, match=r"broken\.png: not an image file.*left out"):
        env = ToolEnv(**photos)
    assert len(env.unreadable) == 1 and len(env.core) == 4
    with pytest.raises(InputError, match=r"broken\.png.*none of 1 files can be read"):
        ToolEnv(photos=str(tmp_path / "broken.png"))


def test_a_judge_that_is_seen_need_not_be_in_the_reward(contexts, tools):
    core = ToolCore(contexts, tools, CountingJudge())
    env = ToolEnv(core=core)
    seen, _ = env.reset(options={"image": 0})
    assert "score" in core.observation_names and core.task.reward == "psnr"
    assert seen[core.observation_names.index("score")] > 0
