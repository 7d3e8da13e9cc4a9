"""Every formulation of the task, made in every way, keeps the promises of an environment."""

import gymnasium
import numpy as np
import pytest
import torch
from fixtures.seeded import uniform

from isp_env.conformance import CountingJudge, EnvConformance, small_raws
from isp_env.core import IspCore, Task
from isp_env.env import IspEnv
from isp_env.raw_io.dng import write_frame
from isp_env.tool_episodes.contexts import ToolContexts
from isp_env.tool_episodes.core import ToolCore
from isp_env.tool_episodes.env import ToolEnv
from isp_env.tool_episodes.task import ToolTask
from isp_env.tool_episodes.vector_env import ToolVectorEnv
from isp_env.tools.catalogue import find_tools
from isp_env.vector_env import IspVectorEnv

TASKS = {
    "one-shot": Task(proxy_px=32, crops=0),
    "one-shot with crops": Task(proxy_px=32, crops=1),
    "several tastes and small pictures": Task(proxy_px=32, crops=1, goals=("prior", "exposure"), pictures=8),
    "iterative": Task("iterative", horizon=3, proxy_px=32, crops=0),
}


@pytest.fixture(scope="module")
def cores() -> dict[str, IspCore]:
    return {name: IspCore(small_raws(), CountingJudge(), task) for name, task in TASKS.items()}


@pytest.mark.slow
class TestFormulations(EnvConformance):
    @pytest.fixture(autouse=True, params=TASKS)
    def row(self, request, cores):
        self.core = cores[request.param]

    @property
    def steps(self) -> int:
        return self.core.task.steps

    def make_env(self, render_mode=None):
        return IspEnv(core=self.core, render_mode=render_mode)

    def make_vector(self, num_envs):
        return IspVectorEnv(num_envs, core=self.core)


TOOL_TASKS = {
    "tools": ToolTask(reuse_cost=0.1),
    "hybrid, judged, with a small picture": ToolTask("hybrid", horizon=2, reward="both", pictures=8),
    "never twice": ToolTask(horizon=4, never_twice=True),
}


def spoilt_pictures() -> ToolContexts:
    """Three pictures, each darker than the one before, with what they were."""
    references = uniform(3, 3, 24, 32)
    images = references * torch.tensor([1.0, 0.7, 0.4])[:, None, None, None]
    return ToolContexts(("clean", "dim", "dark"), images, references, ("", "dark", "dark"))


@pytest.mark.slow
class TestTools(EnvConformance):
    @pytest.fixture(autouse=True, params=TOOL_TASKS)
    def row(self, request):
        self.core = ToolCore(
            spoilt_pictures(), find_tools(["brightness", "hue"]), CountingJudge(), TOOL_TASKS[request.param]
        )

    @property
    def steps(self) -> int:
        return self.core.task.horizon

    def make_env(self, render_mode=None):
        return ToolEnv(core=self.core, render_mode=render_mode)

    def make_vector(self, num_envs):
        return ToolVectorEnv(num_envs, core=self.core)


@pytest.mark.slow
class TestMadeByName(EnvConformance):
    """What `gymnasium.make` hands out, with its wrappers, and copies of it in Gymnasium's own SyncVectorEnv."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path, tiny_scorer_folder):
        for frame in small_raws()[:2]:
            write_frame(tmp_path / f"{frame.name}.dng", frame)
        self.given = {"raws": str(tmp_path), "scorer": str(tiny_scorer_folder), "proxy_px": 32, "crops": 0}

    def make_env(self, render_mode=None):
        return gymnasium.make("attiqa/IspTune-v0", render_mode=render_mode, **self.given)


class Spoiled(gymnasium.Wrapper):
    """An environment that breaks one promise."""

    def __init__(self, env: gymnasium.Env, fault: str):
        super().__init__(env)
        self.fault, self.calls = fault, 0

    def reset(self, *, seed=None, options=None):
        self.calls += 1
        if self.fault == "seed" and options is None:
            seed = 100 + self.calls
        observation, info = self.env.reset(seed=seed, options=None if self.fault == "options" else options)
        return self._seen(observation), info

    def step(self, action):
        if self.fault == "silent":
            action = np.nan_to_num(np.resize(action, self.action_space.shape)).clip(-1, 1)
        if self.fault == "after the end" and not self.unwrapped._episodes.running.all():
            return self.env.reset()[0], 0.0, True, False, {}
        observation, reward, ended, truncated, info = self.env.step(action)
        if self.fault == "parts":
            reward += 0.01
        if self.fault == "info":
            del info["image"]
        return self._seen(observation), reward, ended and self.fault != "endless", truncated, info

    def render(self):
        return self.env.render() / 255 if self.fault == "picture" else self.env.render()

    def _seen(self, observation):
        return observation + 20 if self.fault == "range" else observation


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        ("range", "test_observations_are_finite_and_inside_their_space"),
        ("seed", "test_a_seed_brings_the_same_episodes_whatever_came_before"),
        ("options", "test_the_raw_asked_for_comes_by_index_and_by_name"),
        ("parts", "test_the_reward_is_the_sum_of_its_parts"),
        ("info", "test_every_info_names_the_raw"),
        ("endless", "test_an_episode_ends_in_time_and_no_step_follows"),
        ("after the end", "test_an_episode_ends_in_time_and_no_step_follows"),
        ("parts", "test_a_batch_equals_single_environments"),
        ("picture", "test_pictures_are_eight_bit_rgb_and_looking_changes_nothing"),
        ("silent", "test_what_cannot_be_taken_is_refused"),
        ("options", "test_what_cannot_be_taken_is_refused"),
    ],
)
def test_the_suite_catches_an_environment_that_breaks_a_promise(fault, test, cores):
    core = cores["one-shot"]

    class Suite(EnvConformance):
        def make_env(self, render_mode=None):
            return Spoiled(IspEnv(core=core, render_mode=render_mode), fault)

        def make_vector(self, num_envs):
            return IspVectorEnv(num_envs, core=core)

    with pytest.raises((AssertionError, KeyError)):
        getattr(Suite(), test)()
