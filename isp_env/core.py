"""The batched task behind every environment: tensors in, tensors out, many raws as one batch.

A state is (image, action, steps taken). The action lives in [-1, 1] per control of the task's profile; what it does
depends on the formulation: `one-shot` takes it as the parameters themselves and ends, `iterative` adds a bounded change
to the parameters so far and ends after `horizon` steps.

A reward is the change of the picture's value V, so that an episode's sum is V at its end less V of the camera default: who
maximises it undiscounted looks for the best last picture, whatever the way. The discount that fits is 1 (episodes are short
and always end); a smaller gamma, without gamma in the difference, pays for being good early.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.judges.judge import Judge
from attiqa_core.tensors import AttributeScores, PerImage, Scores
from isp_env.contexts.variations import missed_white_balance
from isp_env.episodes.goals import Goals, drawn, multipliers, shares
from isp_env.episodes.state import Actions, Observations, State, Transition, replace_rows
from isp_env.frames.batch import FrameBatch
from isp_env.isp import Isp, OwnIsp
from isp_env.measures.reference import Reference
from isp_env.observe import exposure_features, five_attributes, observation, observation_names
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.raw_io.loading import make_proxies
from isp_env.rendering.appraisal import Appraisal, Look, Pictures, Readings, pictures_in_order, read, weighed
from isp_env.rendering.frame_groups import FrameGroups, Rows, in_order, order_of
from isp_env.rendering.small_pictures import shown
from isp_env.reward import ACTION_TERMS, TERMS, KnownWhite, action_terms, picture_terms
from isp_env.reward_weights import RewardWeights
from isp_env.task import Task

__all__ = ["CHUNK", "Actions", "IspCore", "State", "Task", "Transition", "replace_rows"]

CHUNK = 16  # images per render where many are rendered at once


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
        isp: Isp | None = None,
    ):
        """Take frames, or proxies of them with the task's crops; from an iterator each frame is made small before the next
        is asked for. `isp` makes the pictures, our own one without it: proxies in batches of exactly `compiled_batch` then are
        rendered under torch.compile. Proxies of several sizes are rendered size by size.
        Raises: InputError for no raws, a proxy without the crops, or a render that is not finite; UsageError for a profile
        whose parameters are none of the ISP's."""
        self.scorer, self.task, self.weights = scorer.with_crops(1), task, weights
        self.isp: Isp = isp or OwnIsp(compiled_batch)
        self.isp.check(task.profile)
        self.names, missed, self.groups = _taken(frames, task, scorer.device)
        self._white = KnownWhite.of(missed, task.profile)
        self.identity = IspParams.identity_action(task.profile).to(scorer.device)
        self._exposure = self.measured(exposure_features)
        self._reference = self._reference_of_defaults()
        self._shown_defaults = self._reference.observed()

    def __len__(self) -> int:
        return len(self.groups)

    @property
    def action_size(self) -> int:
        return len(self.task.profile.controls)

    @property
    def observation_size(self) -> int:
        """Statistics, which `observation_names` names, and small pictures."""
        return len(observation_names(self.task.profile.names, self.task.goals)) + self.task.picture_entries

    @property
    def goal_size(self) -> int:
        return len(self.task.goals)

    @property
    def device(self) -> torch.device:
        return self.identity.device

    @cached_property
    def default_observations(self) -> Observations:
        """The first observation of an episode on each image, its camera-default render, with all weights as they are."""
        return self.reset(torch.arange(len(self), device=self.device))[1]

    @property
    def default_scores(self) -> Scores:
        """The scorer's MOS of each image's camera-default render."""
        return self._defaults.terms[:, TERMS.index("quality")]

    def draw_goals(self, generator: np.random.Generator, count: int) -> Goals:
        """Return so many rows of goals, each drawn uniformly from [-1, 1]."""
        return drawn(generator, count, self.goal_size).to(self.device)

    def reset(self, ids: Int[Tensor, " batch"], goals: Goals | None = None) -> tuple[State, Observations]:
        """Return the first states and observations of episodes on the given images: nothing is rendered again.

        `goals`: a row of numbers in [-1, 1] for each episode, one for each weight that the task names; None: all 0.
        """
        goals = torch.zeros(len(ids), self.goal_size, device=self.device) if goals is None else goals
        actions, steps = self.identity.expand(len(ids), -1), torch.zeros_like(ids)
        observations, terms = self._observed(self._defaults.take(ids), ids, actions, steps, goals)
        return State(ids, actions, steps, terms, goals), observations

    @torch.no_grad()
    def step(self, state: State, actions: Actions) -> Transition:
        """Return what the actions lead to; they must be finite and inside [-1, 1] (the adapters check).

        An episode that has ended stays as it is, and earns nothing, until it is reset.
        """
        over = (state.steps >= self.task.steps)[:, None]
        actions = torch.where(over, state.actions, self.absolute(state, actions))
        steps = (state.steps + 1).clamp_max(self.task.steps)
        look = self._look(state.ids, actions)
        observations, terms = self._observed(look, state.ids, actions, steps, state.goals)
        terms = torch.where(over, state.terms, terms)
        parts = terms - state.terms
        after = State(state.ids, actions, steps, terms, state.goals)
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
        parts = [self.isp.wholes(each, self.params(each.of(actions))) for each in rows]
        images, limits = zip(*parts, strict=True)
        return pictures_in_order(rows, images), {
            name: in_order(rows, [each[name] for each in limits]) for name in limits[0]
        }

    def appraise(self, ids: Int[Tensor, " batch"], actions: Actions, goals: Goals | None = None) -> Appraisal:
        """Return renders under absolute actions with their scores and terms: the one place where the scorer is asked.

        `goals` as in `reset`. Gradients flow to the actions.
        """
        rows = self.groups.rows(ids)
        seen = Appraisal.in_order(rows, self._appraised(rows, ids, actions))
        if goals is None or not self.task.goals:
            return seen
        scores, attributes, terms = self._weighed(seen.readings, seen.terms, goals)
        return replace(seen, scores=scores, attributes=attributes, terms=terms)

    @property
    def knows_white(self) -> bool:
        """Whether of any image it is known by how much its white balance was missed."""
        return self._white is not None and bool(torch.isfinite(self._white.missed).any())

    def known_terms(
        self, ids: Int[Tensor, " batch"], actions: Actions, goals: Goals
    ) -> Float[Tensor, "batch action_terms"]:
        """Return the terms of `ACTION_TERMS` under absolute actions: nothing is rendered, nobody asked. Gradients flow to the actions."""
        white = None if self._white is None else self._white.take(ids)
        terms = action_terms(actions, self.weights, self.task.profile, white)
        return terms * multipliers(goals, self.task.goals, ACTION_TERMS) if self.task.goals else terms

    def _appraised(self, rows: Sequence[Rows], ids: Int[Tensor, " batch"], actions: Actions) -> list[Appraisal]:
        """The appraisal of each group's raws, with all weights as they are."""
        return [self._appraise(each, each.of(ids), each.of(actions)) for each in rows]

    def _appraise(self, rows: Rows, ids: Int[Tensor, " batch"], actions: Actions) -> Appraisal:
        images, crops, limits = self.isp.pictures(rows, self.params(actions))
        readings = read(self.scorer, images, crops)
        scores, attributes = weighed(readings, self.weights.crop_share)
        seen, reference = Reference.of(images, crops), self._reference.take(ids)
        white = None if self._white is None else self._white.take(ids)
        terms = picture_terms(images, seen, scores, limits, actions, reference, self.weights, self.task.profile, white)
        five = five_attributes(attributes, self.scorer.attribute_names)
        return Appraisal(images, crops, seen, readings, scores, five, terms)

    def _look(self, ids: Int[Tensor, " batch"], actions: Actions) -> Look:
        rows = self.groups.rows(ids)
        parts = self._appraised(rows, ids, actions)
        looks = [part.look(self.task.pictures) for part in parts]
        return Look(*(in_order(rows, [getattr(look, each.name) for look in looks]) for each in fields(Look)))

    def _observed(
        self, look: Look, ids: Int[Tensor, " batch"], actions: Actions, steps: Int[Tensor, " batch"], goals: Goals
    ) -> tuple[Observations, Float[Tensor, "batch terms"]]:
        """What an agent with these goals sees, and the terms of its picture's value."""
        scores, attributes, terms = self._weighed(look.readings, look.terms, goals)
        of_raws = self._exposure[ids], look.colours, self._shown_defaults[ids]
        time_left = 1 - steps / self.task.steps
        seen = observation(look.statistics, scores, attributes, actions, time_left, *of_raws, goals)
        return torch.cat([seen, shown(look.pictures)], 1) if self.task.pictures else seen, terms

    def _weighed(
        self, readings: Readings, terms: Float[Tensor, "batch terms"], goals: Goals
    ) -> tuple[Scores, AttributeScores, Float[Tensor, "batch terms"]]:
        """MOS, attributes and terms under goals, of terms with all weights as they are."""
        names, share = self.task.goals, self.weights.crop_share
        scores, attributes = weighed(readings, shares(goals, names, share) if names else share)
        if names:
            terms = torch.cat([scores[:, None], terms[:, 1:] * multipliers(goals, names, TERMS[1:])], 1)
        return scores, five_attributes(attributes, self.scorer.attribute_names), terms

    @torch.no_grad()
    def _reference_of_defaults(self) -> Reference:
        """Render every image at identity and keep what penalties are measured against; the scorer is not asked."""
        sums = self.measured(lambda frames: frames.samples.flatten(1).sum(1, keepdim=True))
        self._refuse_not_finite(sums)  # a render clips what is infinite
        parts = [self._reference_of(*each) for each in self._default_chunks()]
        reference = Reference.concatenate(parts)
        self._refuse_not_finite(reference.table())
        return reference

    def _reference_of(self, ids: Int[Tensor, " batch"], actions: Actions) -> Reference:
        rows = self.groups.rows(ids)
        parts = [self.isp.pictures(each, self.params(each.of(actions))) for each in rows]
        seen = Reference.concatenate([Reference.of(images, crops) for images, crops, _ in parts])
        return seen.take(torch.tensor(order_of(rows), device=self.device)) if len(rows) > 1 else seen

    @cached_property
    @torch.no_grad()
    def _defaults(self) -> Look:
        """Every image at identity."""
        look = Look.concatenate([self._look(*each) for each in self._default_chunks()])
        self._refuse_not_finite(torch.cat([look.statistics, look.readings.flatten(1), look.terms], 1))
        return look

    def _default_chunks(self) -> Iterator[tuple[Tensor, Actions]]:
        for ids in torch.arange(len(self), device=self.device).split(CHUNK):
            yield ids, self.identity.expand(len(ids), -1)

    def measured(self, measure: Callable[[FrameBatch], Tensor]) -> Float[Tensor, "images columns"]:
        """What is measured of each raw's proxy."""
        rows = self.groups.rows(torch.arange(len(self), device=self.device))
        return in_order(rows, [measure(each.group.frames) for each in rows])

    def _refuse_not_finite(self, table: Float[Tensor, "images columns"]) -> None:
        broken = ~torch.isfinite(table).all(1)
        if broken.any():
            raise InputError(f"{self.names[int(broken.nonzero()[0])]}: its render is not finite; is the raw damaged?")


def _taken(
    frames: Iterable[RawFrame], task: Task, device: torch.device
) -> tuple[list[str], Float[Tensor, "images 2"], FrameGroups]:
    """Names of frames, by how much the white balance of each was missed, and groups; proxies are let go once stacked."""
    proxies = make_proxies(frames, task.proxy_px, task.crops, square=task.square)
    if not proxies:
        raise InputError("no raws: an environment needs at least one")
    missed = torch.tensor([missed_white_balance(proxy.metadata) for proxy in proxies], device=device)
    return [proxy.name for proxy in proxies], missed, FrameGroups.stack(proxies, task.crops > 0, device)
