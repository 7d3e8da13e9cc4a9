"""The batched task behind every environment: tensors in, tensors out, many raws as one batch.

A state is (image, action, steps taken). The action lives in [-1, 1] per parameter of `params.PARAMETERS`; what it does
depends on the formulation: `one-shot` takes it as the parameters themselves and ends, `iterative` adds a bounded change
to the parameters so far and ends after `horizon` steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges.judge import Judge
from attiqa_core.tensors import AttributeScores, Images, PerImage, Scores
from isp_env.observe import OBSERVATION, exposure_features, five_attributes, observation, picture_statistics
from isp_env.params import PARAMETERS, IspParams
from isp_env.pipeline import prepare, render_prepared
from isp_env.raw import FrameBatch, RawFrame
from isp_env.raw_io.raw_files import find_raws
from isp_env.reward import TERMS, Reference, picture_terms
from isp_env.reward_weights import RewardWeights

Formulation = Literal["one-shot", "iterative"]
Actions = Float[Tensor, "batch parameters"]
CHUNK = 16  # images per render where many are rendered at once


@dataclass(frozen=True)
class Task:
    """The numbers that define the task; stored with every policy."""

    formulation: Formulation = "one-shot"
    horizon: int = 5
    """Steps of an iterative episode; one-shot episodes have one."""
    step_size: float = 0.25
    """Largest change of an action entry in one iterative step."""
    proxy_px: int = 288
    """Side of the square, centred, binned proxies that the agent and the scorer see."""

    @property
    def steps(self) -> int:
        return 1 if self.formulation == "one-shot" else self.horizon


@dataclass(frozen=True)
class State:
    """Where each of N episodes stands: image index, current action, steps taken, terms of its picture's value."""

    ids: Int[Tensor, " batch"]
    actions: Actions
    steps: Int[Tensor, " batch"]
    terms: Float[Tensor, "batch terms"]


@dataclass(frozen=True)
class Transition:
    """What one step gives: next state, its observation, the reward, its parts (the change of each term), the end."""

    state: State
    observations: Float[Tensor, "batch observation"]
    rewards: PerImage
    parts: Float[Tensor, "batch terms"]
    terminated: Bool[Tensor, " batch"]


class IspCore:
    """The task over a fixed set of raws; the camera-default renders are made once, when it is built."""

    action_size = len(PARAMETERS)
    observation_size = len(OBSERVATION)

    def __init__(
        self,
        frames: Sequence[RawFrame],
        scorer: Judge,
        task: Task = Task(),
        weights: RewardWeights = RewardWeights(),  # noqa: B008  frozen
    ):
        if not frames:
            raise InputError("no raws: an environment needs at least one")
        if task.horizon < 1 or task.proxy_px < 32 or not 0 < task.step_size <= 2:
            raise UsageError(f"{task}: needs horizon >= 1, proxy_px >= 32 and a step_size in (0, 2]")
        self.names = [frame.name for frame in frames]
        self.scorer, self.task, self.weights = scorer.with_crops(1), task, weights
        proxies = [frame.proxy(task.proxy_px, square=True) for frame in frames]
        self.frames = prepare(FrameBatch.stack(proxies, scorer.device))
        self.identity = IspParams.identity_action().to(scorer.device)
        self._exposure = exposure_features(self.frames)
        self._survey_defaults()

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def device(self) -> torch.device:
        return self.identity.device

    @property
    def default_observations(self) -> Float[Tensor, "images observation"]:
        """The first observation of an episode on each image: its camera-default render."""
        return self._observations

    @property
    def default_scores(self) -> Scores:
        """The scorer's MOS of each image's camera-default render."""
        return self._terms[:, TERMS.index("quality")]

    def reset(self, ids: Int[Tensor, " batch"]) -> tuple[State, Float[Tensor, "batch observation"]]:
        """Return the first states and observations of episodes on the given images: nothing is rendered again."""
        steps = torch.zeros_like(ids)
        return State(ids, self.identity.expand(len(ids), -1), steps, self._terms[ids]), self._observations[ids]

    @torch.inference_mode()
    def step(self, state: State, actions: Actions) -> Transition:
        """Return what the actions lead to; they must be finite and inside [-1, 1] (the adapters check)."""
        actions = self.absolute(state, actions)
        steps = state.steps + 1
        images, limits = self.render(state.ids, actions)
        scores, attributes = self._judge(images)
        terms = picture_terms(images, scores, limits, actions, self._reference.take(state.ids), self.weights)
        parts = terms - state.terms
        time_left = 1 - steps / self.task.steps
        seen = observation(
            picture_statistics(images), scores, attributes, actions, time_left, self._exposure[state.ids]
        )
        rewards = parts.sum(1) - self.weights.cost
        return Transition(State(state.ids, actions, steps, terms), seen, rewards, parts, steps >= self.task.steps)

    def absolute(self, state: State, actions: Actions) -> Actions:
        """Return the parameters' action, in [-1, 1], that an agent's actions lead to from `state`."""
        if self.task.formulation == "one-shot":
            return actions
        return (state.actions + self.task.step_size * actions).clamp(-1, 1)

    def render(self, ids: Int[Tensor, " batch"], actions: Actions) -> tuple[Images, dict[str, PerImage]]:
        """Return the proxies' renders under absolute actions, and the penalties of `render_with_penalties`."""
        return render_prepared(self.frames.take(ids), IspParams.from_action(actions))

    def value(self, ids: Int[Tensor, " batch"], actions: Actions) -> tuple[PerImage, Scores]:
        """Return the sum of terms, which rewards are changes of, and the MOS in it; gradients flow to the actions."""
        images, limits = self.render(ids, actions)
        scores = self.scorer(images)
        terms = picture_terms(images, scores, limits, actions, self._reference.take(ids), self.weights)
        return terms.sum(1), scores

    @torch.inference_mode()
    def _survey_defaults(self) -> None:
        """Render every image at identity and keep its observation, value and reference."""
        surveyed = [self._survey(ids) for ids in torch.arange(len(self.frames), device=self.device).split(CHUNK)]
        self._observations = torch.cat([each[0] for each in surveyed])
        self._terms = torch.cat([each[1] for each in surveyed])
        self._reference = Reference(
            torch.cat([each[2].noise for each in surveyed]), torch.cat([each[2].chroma for each in surveyed])
        )
        broken = ~torch.isfinite(self._observations).all(1)
        if broken.any():
            raise InputError(f"{self.names[int(broken.nonzero()[0])]}: its render is not finite; is the raw damaged?")

    def _judge(self, images: Images) -> tuple[Scores, AttributeScores]:
        scores, attributes = self.scorer.read(images)
        return scores, five_attributes(attributes, self.scorer.attribute_names)

    def _survey(self, ids: Int[Tensor, " batch"]) -> tuple[Tensor, Tensor, Reference]:
        actions = self.identity.expand(len(ids), -1)
        images, limits = self.render(ids, actions)
        scores, attributes = self._judge(images)
        reference = Reference.of(images)
        terms = picture_terms(images, scores, limits, actions, reference, self.weights)
        time_left = torch.ones_like(scores)
        seen = observation(picture_statistics(images), scores, attributes, actions, time_left, self._exposure[ids])
        return seen, terms, reference


def load_frames(raws: Sequence[str | Path]) -> tuple[list[RawFrame], list[str]]:
    """Return the readable raws among files and folders, and a sentence for each that is not.

    Raises: InputError if none is readable.
    """
    frames, failures = [], []
    for path in find_raws(raws):
        try:
            frames.append(RawFrame.load(path))
        except InputError as error:
            failures.append(str(error))
    if not frames:
        raise InputError(f"{failures[0]} (none of {len(failures)} files can be read)")
    return frames, failures


def replace_rows(state: State, where: Int[Tensor, " some"], rows: State) -> State:
    """Return `state` with the given rows taken from `rows`."""
    names = ("ids", "actions", "steps", "terms")
    return State(**{name: getattr(state, name).index_copy(0, where, getattr(rows, name)) for name in names})
