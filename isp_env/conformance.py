"""What every environment promises, as tests that an outsider's formulation inherits.

    class TestMine(EnvConformance):
        def make_env(self, render_mode=None): return MyEnv(..., render_mode=render_mode)

in a test file is all; pytest does the rest. Plain asserts: nothing but pytest's collection is needed. `small_raws()` and
`CountingJudge` are there to make it of.
"""

import warnings
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.network.frozen_judge import FrozenJudge
from attiqa_core.tensors import AttributeScores, Images, Scores
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise


class CountingJudge(FrozenJudge):
    """A judge that likes mid grey pictures and counts those it was shown."""

    name, reference, sha256, crops = "counting", "counting", "0" * 64, 1
    device = torch.device("cpu")
    attribute_names = ATTRIBUTES
    bounded = True

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def _read(self, images: Images) -> tuple[Scores, AttributeScores]:
        self.asked += len(images)
        scores = 1 - (images.mean((1, 2, 3)) - 0.5).abs()
        return scores, scores[:, None].expand(-1, len(ATTRIBUTES))

    def to_mos(self, scores: Scores) -> Scores:
        return scores

    def with_crops(self, crops: int) -> "CountingJudge":
        return self


def small_raws() -> list[RawFrame]:
    """Return three mosaics of 48 x 64 px, each a stop darker than the one before."""
    photo = 0.5 + 0.3 * np.sin(np.arange(48 * 64 * 3).reshape(48, 64, 3) / 97)
    camera = CAMERAS["gopro-hero6"]
    return [
        synthesise(photo, camera, exposure_ev=-ev, generator=np.random.default_rng(ev), name=f"raw_{ev}")
        for ev in range(3)
    ]


class EnvConformance:
    """Inherit it and say how your environment is made, over two raws or more; each test makes its own."""

    steps = 1
    """Steps after which an episode has ended at the latest."""
    cost = 0.0
    """What the reward takes off for each step beside its parts."""
    reward_tolerance, observation_tolerance = 1e-3, 0.01
    """How far a batch may lie from single environments. Rounding, where a pixel of a small proxy may fall on the other side of a
    level that a share of pixels is counted at."""

    def make_env(self, render_mode: str | None = None) -> gymnasium.Env:
        """Return the environment under test."""
        raise NotImplementedError

    def make_vector(self, num_envs: int) -> VectorEnv:
        """Return the same as a vector environment with SAME_STEP autoreset: yours, if it renders as one batch."""
        return SyncVectorEnv([self.make_env] * num_envs, autoreset_mode=AutoresetMode.SAME_STEP)

    def episode(self, env: gymnasium.Env, draw: int = 0, **reset: Any) -> list[tuple[np.ndarray, float, dict]]:
        """Observation, reward and info of the reset and of each step of an episode of actions drawn at random."""
        generator = np.random.default_rng(draw)
        observation, info = env.reset(**reset)
        seen, ended = [(observation, 0.0, info)], False
        while not ended:
            assert len(seen) <= self.steps, f"not ended after {self.steps} steps"
            observation, reward, terminated, truncated, info = env.step(_action(env.action_space, generator))
            seen.append((observation, float(reward), info))
            ended = terminated or truncated
        return seen

    def test_gymnasiums_own_checker_has_nothing_against_it(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check_env(self.make_env(), skip_render_check=True)

    def test_observations_are_finite_and_inside_their_space(self) -> None:
        env = self.make_env()
        for draw in range(3):
            for observation, reward, _ in self.episode(env, draw, seed=draw):
                assert env.observation_space.contains(observation) and np.isfinite(observation).all()
                assert np.isfinite(reward)

    def test_a_seed_brings_the_same_episodes_whatever_came_before(self) -> None:
        env, other = self.make_env(), self.make_env()
        self.episode(other)
        for seed in range(3):
            _assert_equal(self.episode(env, seed=seed), self.episode(other, seed=seed))
            _assert_equal(self.episode(env), self.episode(other))  # nor does the next one depend on anything else

    def test_the_raw_asked_for_comes_by_index_and_by_name(self) -> None:
        env = self.make_env()
        names = []
        for image in (1, 0, 1):
            seen = self.episode(env, seed=0, options={"image": image})
            names.append(seen[0][2]["image"])
            _assert_equal(seen, self.episode(env, seed=0, options={"image": names[-1]}))  # the seed's goals, too
        assert names[0] == names[2] != names[1], f"asked for raws 1, 0, 1 and got {names}"

    def test_the_reward_is_the_sum_of_its_parts(self) -> None:
        for draw in range(3):
            for _, reward, info in self.episode(self.make_env(), draw, seed=draw)[1:]:
                parts = sum(info["reward_parts"].values()) - self.cost
                assert abs(reward - parts) <= 1e-5, f"reward {reward:g}, its parts sum to {parts:g}"

    def test_every_info_names_the_raw(self) -> None:
        for seed in range(3):
            names = [info["image"] for _, _, info in self.episode(self.make_env(), seed=seed)]
            assert isinstance(names[0], str) and set(names) == {names[0]}

    def test_an_episode_ends_in_time_and_no_step_follows(self) -> None:
        env = self.make_env()
        self.episode(env, seed=0)
        _assert_refused(lambda: env.step(_action(env.action_space)), ResetNeeded, "a step after the end")
        self.episode(env)
        fresh = self.make_env()
        _assert_refused(lambda: fresh.step(_action(fresh.action_space)), ResetNeeded, "a step before the first reset")

    def test_a_batch_equals_single_environments(self) -> None:
        vector, singles = self.make_vector(3), [self.make_env() for _ in range(3)]
        observations, infos = vector.reset(seed=4)
        alone = [env.reset(seed=4 + row) for row, env in enumerate(singles)]
        self._assert_close(observations, [observation for observation, _ in alone])
        assert list(infos["image"]) == [info["image"] for _, info in alone]
        for draw in range(self.steps + 1):
            actions = np.stack([_action(env.action_space, np.random.default_rng(draw)) for env in singles])
            observations, rewards, terminated, truncated, infos = vector.step(actions)
            for row, env in enumerate(singles):
                observation, reward, *ended, info = env.step(actions[row])
                assert abs(rewards[row] - reward) <= self.reward_tolerance and ended == [
                    terminated[row],
                    truncated[row],
                ]
                if any(ended):
                    self._assert_close(infos["final_obs"][row], observation)
                    assert infos["final_info"]["image"][row] == info["image"]
                    observation, info = env.reset()
                self._assert_close(observations[row], observation)
                assert infos["image"][row] == info["image"]

    def test_pictures_are_eight_bit_rgb_and_looking_changes_nothing(self) -> None:
        env, unseen = self.make_env("rgb_array"), self.make_env()
        assert env.render_mode == "rgb_array" and "rgb_array" in env.metadata["render_modes"]
        seen, shapes, generator = self.episode(unseen, seed=0), set(), np.random.default_rng(0)
        env.reset(seed=0)
        for observation, reward, _ in seen[1:]:
            picture = env.render()
            assert isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.shape[2:] == (3,)
            shapes.add(picture.shape)
            again = env.step(_action(env.action_space, generator))
            assert np.array_equal(again[0], observation) and again[1] == reward
        assert len(shapes) == 1, f"pictures of one episode have several shapes: {shapes}"

    def test_what_cannot_be_taken_is_refused(self) -> None:
        env = self.make_env()
        for _ in range(2):  # Gymnasium's passive checker fails if one of its first calls raises
            self.episode(env)
        for options in ({"image": -1}, {"image": 10**6}, {"image": "no such raw"}, {"no such option": 1}):
            _assert_refused(lambda options=options: env.reset(options=options), ValueError, f"options {options}")
        env.reset(seed=0)
        for wrong in wrong_actions(env.action_space):
            _assert_refused(lambda wrong=wrong: env.step(wrong), ValueError, f"action {wrong}")
        self.episode(env)

    def test_masks_where_there_are_some_fit_the_choices_and_leave_one(self) -> None:
        env = self.make_env()
        if not hasattr(env.unwrapped, "action_masks"):
            return
        _, highest = choices(env.action_space)
        env.reset(seed=0)
        generator, ended = np.random.default_rng(0), False
        while not ended:
            masks = env.unwrapped.action_masks()  # pyright: ignore  # as sb3-contrib calls it
            assert masks.dtype == bool and masks.shape == ((highest + 1).sum(),)
            assert all(part.any() for part in np.split(masks, np.cumsum(np.atleast_1d(highest + 1))[:-1]))
            _, _, terminated, truncated, _ = env.step(_action(env.action_space, generator))
            ended = terminated or truncated

    def _assert_close(self, seen: Any, expected: Any) -> None:
        assert np.abs(np.asarray(seen) - np.asarray(expected)).max() <= self.observation_tolerance


def _action(space: gymnasium.Space, generator: np.random.Generator | None = None) -> np.ndarray:
    """Half of a box's width about its middle, or any choice of a discrete space, drawn; without a generator the middle itself, or
    the first choice."""
    if isinstance(space, spaces.Box):
        share = 0.5 if generator is None else generator.uniform(0.25, 0.75, space.shape)
        return (space.low + share * (space.high - space.low)).astype(np.float32)
    lowest, highest = choices(space)
    return np.asarray(lowest if generator is None else generator.integers(lowest, highest, endpoint=True), np.int64)


def choices(space: gymnasium.Space) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and the highest choice of a Discrete or MultiDiscrete space, in its shape."""
    assert isinstance(space, spaces.Discrete | spaces.MultiDiscrete), (
        f"{space}: is a box, discrete, or several discrete"
    )
    count = space.n if isinstance(space, spaces.Discrete) else space.nvec
    return np.asarray(space.start), np.asarray(space.start + count - 1)


def wrong_actions(space: gymnasium.Space) -> list[Any]:
    """Return what is no action of a space: of another shape or type, not finite, or beyond its ends."""
    action = _action(space)
    shapes = [action[None], *([action[:-1]] if action.ndim else [])]
    if isinstance(space, spaces.Box):
        return [*shapes, np.full_like(action, np.nan), np.full_like(action, 2)]
    lowest, highest = choices(space)
    return [*shapes, lowest - 1, highest + 1, action + 0.5, np.full(action.shape, np.nan)]


def _assert_equal(one: list[tuple[np.ndarray, float, dict]], other: list[tuple[np.ndarray, float, dict]]) -> None:
    assert len(one) == len(other)
    for (observation, reward, info), (observation_2, reward_2, info_2) in zip(one, other, strict=True):
        assert np.array_equal(observation, observation_2) and reward == reward_2 and info == info_2


def _assert_refused(act: Callable[[], object], error: type[Exception], what: str) -> None:
    try:
        act()
    except error:
        return
    raise AssertionError(f"{what} was taken")
