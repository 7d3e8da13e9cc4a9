"""Films of an iterative episode, by Gymnasium's RecordVideo and SB3's VecVideoRecorder: the pictures change with the actions."""

import gymnasium
import imageio.v3 as imageio
import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecVideoRecorder

from isp_env.core import IspCore, Task
from isp_env.env import IspEnv
from isp_env.vec_env import IspVecEnv
from isp_env.vector_env import IspVectorEnv

STEPS = 3


@pytest.fixture(scope="module")
def core(synthetic_frames, tiny_scorer) -> IspCore:
    return IspCore(synthetic_frames[:3], tiny_scorer, Task("iterative", horizon=STEPS, proxy_px=48, crops=0))


@pytest.fixture
def moviepy():
    return pytest.importorskip("moviepy", reason="moviepy is not installed: Gymnasium and SB3 write films with it")


def brighter(core: IspCore, rows: tuple[int, ...] = ()) -> np.ndarray:
    action = np.zeros((*rows, core.action_size), np.float32)
    action[..., core.task.profile.names.index("exposure_ev")] = 1
    return action


def frames_of(film) -> np.ndarray:
    return imageio.imread(film, plugin="FFMPEG")


@pytest.mark.slow
def test_pictures_grow_brighter_step_by_step(core):
    env = IspEnv(core=core, render_mode="rgb_array")
    env.reset(options={"image": 0})
    light = [env.render().mean()]
    for _ in range(STEPS):
        env.step(brighter(core))
        light.append(env.render().mean())  # the last one after the end
    assert (np.diff(light) > 1).all()


@pytest.mark.filterwarnings("ignore:.*Overwriting existing videos:UserWarning")
@pytest.mark.slow
def test_gymnasium_films_an_episode(core, tmp_path, moviepy):
    env = gymnasium.wrappers.RecordVideo(IspEnv(core=core, render_mode="rgb_array"), str(tmp_path))
    env.reset(options={"image": 0})
    for _ in range(STEPS):
        env.step(brighter(core))
    env.close()
    (film,) = tmp_path.glob("*.mp4")
    light = frames_of(film).mean((1, 2, 3))
    assert len(light) == STEPS + 1 and (np.diff(light) > 0).all()


@pytest.mark.slow
def test_gymnasium_films_the_vector_environment(core, tmp_path, moviepy):
    env = IspVectorEnv(2, core=core, render_mode="rgb_array", autoreset_mode="NextStep")
    env = gymnasium.wrappers.vector.RecordVideo(env, str(tmp_path), episode_trigger=lambda episode: episode == 0)
    env.reset(seed=0)
    for _ in range(STEPS + 2):
        env.step(brighter(core, (2,)))
    env.close()
    assert list(tmp_path.glob("*.mp4"))


@pytest.mark.slow
def test_the_batch_hands_out_tiled_pictures_that_grow_brighter(core):
    env = IspVecEnv(core, 3, order="in turn", render_mode="rgb_array")
    env.reset()
    pictures = [env.render()]
    env.step(brighter(core, (3,)))
    pictures.append(env.render())
    assert [picture.shape for picture in pictures] == [(84, 112, 3)] * 2 and pictures[1].mean() > pictures[0].mean() + 1


@pytest.mark.slow
def test_sb3_films_the_batch(core, tmp_path, moviepy):
    env = IspVecEnv(core, 3, order="in turn", render_mode="rgb_array")
    env = VecVideoRecorder(env, str(tmp_path), lambda step: step == 0, video_length=STEPS - 1)
    env.reset()
    for _ in range(STEPS):
        env.step(brighter(core, (3,)))
    env.close()
    (film,) = tmp_path.glob("*.mp4")
    pictures = frames_of(film)
    assert pictures.shape[1:] == (96, 96, 3)  # three pictures of 48 px, tiled
    assert (np.diff(pictures.mean((1, 2, 3))) > 0).all()
