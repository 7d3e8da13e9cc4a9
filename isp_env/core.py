"""The batched task behind every environment: tensors in, tensors out, many raws as one batch.

A state is (image, action, steps taken). The action lives in [-1, 1] per control of the task's profile; what it does
depends on the formulation: `one-shot` takes it as the parameters themselves and ends, `iterative` adds a bounded change
to the parameters so far and ends after `horizon` steps.

A reward is the change of the picture's value V, so that an episode's sum is V at its end less V of the camera default: who
maximises it undiscounted looks for the best last picture, whatever the way. The discount that fits is 1 (episodes are short
and always end); a smaller gamma, without gamma in the difference, pays for being good early.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.judges.judge import Judge
from attiqa_core.tensors import PerImage, Scores
from isp_env.appraisal import Appraisal, Pictures, Render, pictures_in_order, pictures_of, read
from isp_env.compiled import compiled_render_prepared
from isp_env.frame_batch import FrameBatch
from isp_env.frame_groups import FrameGroups, Rows, in_order, order_of
from isp_env.loading import make_proxies
from isp_env.observe import exposure_features, five_attributes, observation, observation_names, picture_statistics
from isp_env.params import IspParams
from isp_env.pipeline import render_prepared
from isp_env.raw import RawFrame
from isp_env.reference import Reference
from isp_env.reward import TERMS, picture_terms
from isp_env.reward_weights import RewardWeights
from isp_env.task import Task

Actions = Float[Tensor, "batch parameters"]
Observations = Float[Tensor, "batch observation"]
CHUNK = 16  # images per render where many are rendered at once


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
    """The task over a fixed set of raws, kept as proxies with their crops; their camera-default renders are scored once, when first asked for."""

    def __init__(
        self,
        frames: Iterable[RawFrame],
        scorer: Judge,
        task: Task = Task(),  # noqa: B008  frozen
        weights: RewardWeights = RewardWeights(),  # noqa: B008  frozen
        *,
        compiled_batch: int | None = None,
    ):
        """Take frames, or proxies of them with the task's crops; from an iterator each frame is made small before the next
        is asked for. Proxies in batches of exactly `compiled_batch` are rendered under torch.compile.
        Proxies of several sizes are rendered size by size.
        Raises: InputError for no raws, a proxy without the crops, or a render that is not finite."""
        self.scorer, self.task, self.weights = scorer.with_crops(1), task, weights
        self._compiled_batch = compiled_batch
        self.names, self.groups = _taken(frames, task, scorer.device)
        self.identity = IspParams.identity_action(task.profile).to(scorer.device)
        self._exposure = self._of_groups(exposure_features)
        self._reference = self._reference_of_defaults()
        self._shown_defaults = self._reference.observed()

    def __len__(self) -> int:
        return len(self.groups)

    @property
    def action_size(self) -> int:
        return len(self.task.profile.controls)

    @property
    def observation_size(self) -> int:
        return len(observation_names(self.task.profile.names))

    @property
    def device(self) -> torch.device:
        return self.identity.device

    @property
    def default_observations(self) -> Float[Tensor, "images observation"]:
        """The first observation of an episode on each image: its camera-default render."""
        return self._defaults[0]

    @property
    def default_scores(self) -> Scores:
        """The scorer's MOS of each image's camera-default render."""
        return self._defaults[1][:, TERMS.index("quality")]

    def reset(self, ids: Int[Tensor, " batch"]) -> tuple[State, Float[Tensor, "batch observation"]]:
        """Return the first states and observations of episodes on the given images: nothing is rendered again."""
        observations, terms = self._defaults
        return State(ids, self.identity.expand(len(ids), -1), torch.zeros_like(ids), terms[ids]), observations[ids]

    @torch.no_grad()
    def step(self, state: State, actions: Actions) -> Transition:
        """Return what the actions lead to; they must be finite and inside [-1, 1] (the adapters check).

        An episode that has ended stays as it is, and earns nothing, until it is reset.
        """
        over = (state.steps >= self.task.steps)[:, None]
        actions = torch.where(over, state.actions, self.absolute(state, actions))
        steps = (state.steps + 1).clamp_max(self.task.steps)
        seen, observations = self._look(state.ids, actions, 1 - steps / self.task.steps)
        terms = torch.where(over, state.terms, seen.terms)
        parts = terms - state.terms
        after = State(state.ids, actions, steps, terms)
        return Transition(after, observations, parts.sum(1), parts, steps >= self.task.steps)

    def absolute(self, state: State, actions: Actions) -> Actions:
        """Return the parameters' action, in [-1, 1], that an agent's actions lead to from `state`."""
        if self.task.formulation == "one-shot":
            return actions
        return (state.actions + self.task.step_size * actions).clamp(-1, 1)

    def params(self, actions: Actions) -> IspParams:
        """Return the parameters of absolute actions."""
        return IspParams.from_action(actions, self.task.profile)

    def render(self, ids: Int[Tensor, " batch"], actions: Actions) -> tuple[Pictures, dict[str, PerImage]]:
        """Return the proxies' renders under absolute actions, and the penalties of `render_with_penalties`."""
        rows = self.groups.rows(ids)
        parts = [
            self._render_of(each)(each.group.frames.take(each.places), self.params(each.of(actions))) for each in rows
        ]
        images, limits = zip(*parts, strict=True)
        return pictures_in_order(rows, images), {
            name: in_order(rows, [each[name] for each in limits]) for name in limits[0]
        }

    def _render_of(self, rows: Rows) -> Render:
        return compiled_render_prepared() if len(rows.places) == self._compiled_batch else render_prepared

    def appraise(self, ids: Int[Tensor, " batch"], actions: Actions) -> Appraisal:
        """Return renders under absolute actions with their scores and terms: the one place where the scorer is asked.

        Gradients flow to the actions.
        """
        rows = self.groups.rows(ids)
        return Appraisal.in_order(rows, [self._appraise(each, each.of(ids), each.of(actions)) for each in rows])

    def _appraise(self, rows: Rows, ids: Int[Tensor, " batch"], actions: Actions) -> Appraisal:
        """The appraisal of raws of one group."""
        images, crops, limits = pictures_of(rows, self.params(actions), self._render_of(rows))
        scores, attributes = read(self.scorer, images, crops, self.weights.crop_share)
        seen, reference = Reference.of(images, crops), self._reference.take(ids)
        terms = picture_terms(images, seen, scores, limits, actions, reference, self.weights, self.task.profile)
        return Appraisal(images, crops, seen, scores, five_attributes(attributes, self.scorer.attribute_names), terms)

    def _look(
        self, ids: Int[Tensor, " batch"], actions: Actions, time_left: PerImage
    ) -> tuple[Appraisal, Observations]:
        """The appraisal, and what an agent sees of it."""
        rows = self.groups.rows(ids)
        parts = [self._appraise(each, each.of(ids), each.of(actions)) for each in rows]
        statistics = in_order(rows, [_statistics(part) for part in parts])
        seen = Appraisal.in_order(rows, parts)
        of_raws = self._exposure[ids], seen.seen.colours(), self._shown_defaults[ids]
        return seen, observation(statistics, seen.scores, seen.attributes, actions, time_left, *of_raws)

    @torch.no_grad()
    def _reference_of_defaults(self) -> Reference:
        """Render every image at identity and keep what penalties are measured against; the scorer is not asked."""
        sums = self._of_groups(lambda frames: frames.samples.flatten(1).sum(1, keepdim=True))
        self._refuse_not_finite(sums)  # a native render hides NaN
        parts = [self._reference_of(*each) for each in self._default_chunks()]
        reference = Reference.concatenate(parts)
        self._refuse_not_finite(reference.table())
        return reference

    def _reference_of(self, ids: Int[Tensor, " batch"], actions: Actions) -> Reference:
        rows = self.groups.rows(ids)
        parts = [pictures_of(each, self.params(each.of(actions)), self._render_of(each)) for each in rows]
        seen = Reference.concatenate([Reference.of(images, crops) for images, crops, _ in parts])
        return seen.take(torch.tensor(order_of(rows), device=self.device)) if len(rows) > 1 else seen

    @cached_property
    @torch.no_grad()
    def _defaults(self) -> tuple[Tensor, Tensor]:
        """Observations and terms of every image at identity."""
        observations, terms = [], []
        for ids, actions in self._default_chunks():
            seen, observed = self._look(ids, actions, torch.ones_like(actions[:, 0]))
            observations.append(observed)
            terms.append(seen.terms)
        self._refuse_not_finite(torch.cat(observations))
        return torch.cat(observations), torch.cat(terms)

    def _default_chunks(self) -> Iterator[tuple[Tensor, Actions]]:
        for ids in torch.arange(len(self), device=self.device).split(CHUNK):
            yield ids, self.identity.expand(len(ids), -1)

    def _of_groups(self, measure: Callable[[FrameBatch], Tensor]) -> Float[Tensor, "images columns"]:
        """What is measured of each raw's proxy."""
        rows = self.groups.rows(torch.arange(len(self), device=self.device))
        return in_order(rows, [measure(each.group.frames) for each in rows])

    def _refuse_not_finite(self, table: Float[Tensor, "images columns"]) -> None:
        broken = ~torch.isfinite(table).all(1)
        if broken.any():
            raise InputError(f"{self.names[int(broken.nonzero()[0])]}: its render is not finite; is the raw damaged?")


def _statistics(of_one_group: Appraisal) -> Float[Tensor, "batch statistics"]:
    assert isinstance(of_one_group.images, Tensor), "sizes agree within a group"
    return picture_statistics(of_one_group.images, of_one_group.crops)


def _taken(frames: Iterable[RawFrame], task: Task, device: torch.device) -> tuple[list[str], FrameGroups]:
    """Names and groups of frames, whose proxies are let go once they are stacked."""
    proxies = make_proxies(frames, task.proxy_px, task.crops, square=task.square)
    if not proxies:
        raise InputError("no raws: an environment needs at least one")
    return [proxy.name for proxy in proxies], FrameGroups.stack(proxies, task.crops > 0, device)


def replace_rows(state: State, where: Int[Tensor, " some"], rows: State) -> State:
    """Return `state` with the given rows taken from `rows`."""
    names = ("ids", "actions", "steps", "terms")
    return State(**{name: getattr(state, name).index_copy(0, where, getattr(rows, name)) for name in names})
