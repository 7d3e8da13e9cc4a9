"""The batched task of picking tools: tensors in, tensors out, many pictures as one batch.

A step applies to each picture the tool that was chosen for it, or stops its episode. A reward is the change of the picture's
value, so that harm costs what it does, and doing nothing nothing: an episode's sum is the value at its end less that at its
start, less what reuse cost. The discount that fits is 1.
"""

from collections.abc import Sequence
from functools import cached_property

import torch
from jaxtyping import Int
from torch import Tensor

from attiqa_core.errors import InputError, UsageError
from attiqa_core.evaluation.psnr import psnr_db
from attiqa_core.judges.judge import Judge
from attiqa_core.tensors import Images, PerImage
from isp_env.episodes.state import Observations
from isp_env.observe import LIMIT, five_attributes
from isp_env.rendering.small_pictures import shown, small_pictures
from isp_env.tool_episodes.contexts import ToolContexts
from isp_env.tool_episodes.observation import tool_observation_names
from isp_env.tool_episodes.state import Choices, Masks, ToolState, ToolTransition
from isp_env.tool_episodes.statistics import tool_statistics
from isp_env.tool_episodes.task import TERMS, ToolTask
from isp_env.tool_episodes.undoing import undone_by
from isp_env.tools.tool import Tool

CHUNK = 32  # pictures that are looked at together where all are
MOST_DB = 50.0  # PSNR that counts as no difference: finer than 8 bits


class ToolCore:
    """The task over a fixed set of pictures and tools; the pictures are looked at when first asked for."""

    def __init__(
        self,
        contexts: ToolContexts,
        tools: Sequence[Tool],
        judge: Judge | None = None,
        task: ToolTask = ToolTask(),  # noqa: B008  frozen
    ):
        """Everything lives where the judge does, or without one where the pictures do.

        A judge is seen by the agent, whether it is in the reward or not. Raises: UsageError for no tools, two of one name, or
        a reward without the judge or the references that it needs.
        """
        self.task, self.tools = task, tuple(tools)
        self.tool_names = tuple(tool.name for tool in self.tools)
        _check_parts(contexts, self.tool_names, judge, task)
        self.judge = judge and judge.with_crops(1)
        self.contexts = contexts if judge is None else contexts.to(judge.device)
        self.observation_names = tool_observation_names(self.tool_names, judged=judge is not None)
        self._undone_by = undone_by(self.tool_names).float().to(self.device)

    def __len__(self) -> int:
        return len(self.contexts)

    @property
    def names(self) -> tuple[str, ...]:
        return self.contexts.names

    @property
    def device(self) -> torch.device:
        return self.contexts.images.device

    @property
    def stop(self) -> int:
        """The choice that ends an episode."""
        return len(self.tools)

    @property
    def action_count(self) -> int:
        """Tools, and the stop."""
        return len(self.tools) + 1

    @property
    def observation_size(self) -> int:
        """Entries that `observation_names` names, and the small picture."""
        return len(self.observation_names) + 3 * self.task.pictures**2

    def ids(self, places: Sequence[int]) -> Int[Tensor, " batch"]:
        """Return places of contexts as `reset` takes them."""
        return torch.tensor(list(places), dtype=torch.long, device=self.device)

    def reset(self, ids: Int[Tensor, " batch"]) -> tuple[ToolState, Observations]:
        """Return the first states and observations of episodes on the given pictures: nothing is looked at again."""
        seen, terms = self._first
        counts = torch.zeros(len(ids), len(self.tools), device=self.device)
        ended = torch.zeros(len(ids), dtype=torch.bool, device=self.device)
        images = self.contexts.images[ids]
        state = ToolState(ids, images, counts, torch.zeros_like(ids), ended, seen[ids], terms[ids])
        return state, self._observations(state)

    @torch.no_grad()
    def step(self, state: ToolState, choices: Choices, strengths: PerImage | None = None) -> ToolTransition:
        """Return what the choices lead to; strengths in [0, 1] are for tools, None: each at its whole.

        The stop ends the episode, leaves the picture as it is and pays 0. A tool that `masks` forbids is not applied: it takes its
        step, and pays 0 less the cost of reuse. An episode that has ended stays as it is, and earns nothing, until it is reset.
        """
        running = ~state.ended
        picked, applied = self._picked(state, choices)
        images, seen, terms = self._applied(state, choices, strengths, applied)
        steps = state.steps + running
        counts = state.counts.scatter_add(1, torch.where(picked, choices, 0)[:, None], applied.float()[:, None])
        ended = state.ended | (running & ~picked) | (steps >= self.task.horizon)
        after = ToolState(state.ids, images, counts, steps, ended, seen, terms)
        parts = self._parts(state, choices, picked, terms)
        return ToolTransition(after, self._observations(after), parts.sum(1), parts, ended)

    @torch.no_grad()
    def rewards(self, state: ToolState, choices: Choices, strengths: PerImage | None = None) -> PerImage:
        """Return what `step` would pay for the choices, at less than half its cost: statistics of what comes are not read."""
        picked, applied = self._picked(state, choices)
        where, terms = applied.nonzero()[:, 0], state.terms
        if len(where):
            images = self.use(state.images[where], choices[where], None if strengths is None else strengths[where])
            score = self.judge.score(images) if self.judge is not None and self.task.judged else None
            terms = terms.index_copy(0, where, self._terms(images, state.ids[where], score))
        return self._parts(state, choices, picked, terms).sum(1)

    def _picked(self, state: ToolState, choices: Choices) -> tuple[Tensor, Tensor]:
        """Of which rows a tool was chosen, and of which it is applied, for it may be."""
        picked = ~state.ended & (choices != self.stop)
        return picked, picked & self.masks(state).gather(1, torch.where(picked, choices, self.stop)[:, None])[:, 0]

    def _parts(self, state: ToolState, choices: Choices, picked: Tensor, terms: Tensor) -> Tensor:
        used = state.counts.gather(1, torch.where(picked, choices, 0)[:, None])[:, 0] > 0
        parts = self.task.reward_scale * (terms - state.terms)
        parts[:, TERMS.index("reuse")] = -self.task.reuse_cost * (picked & used)
        return parts

    def masks(self, state: ToolState) -> Masks:
        """Return what may be chosen: no tool used up, none that undoes one that was used, after the end nothing; always the stop."""
        allowed = (state.counts < self.task.uses) & ~state.ended[:, None]
        if self.task.forbid_undoing:
            allowed = allowed & (state.counts @ self._undone_by == 0)
        return torch.cat([allowed, torch.ones_like(state.ended)[:, None]], 1)

    def value(self, images: Images, ids: Int[Tensor, " batch"]) -> PerImage:
        """Return the value of any pictures that come of these contexts, of which rewards are changes times `reward_scale`."""
        return self._look(images, ids)[1].sum(1)

    def psnr(self, images: Images, ids: Int[Tensor, " batch"]) -> PerImage:
        """Return the PSNR of pictures to these contexts' references, in dB, at most 50. Raises: UsageError without references."""
        if self.contexts.references is None:
            raise UsageError("PSNR: these pictures have no references")
        return psnr_db(images, self.contexts.references[ids], MOST_DB)

    def _applied(
        self, state: ToolState, choices: Choices, strengths: PerImage | None, applied: Tensor
    ) -> tuple[Images, Tensor, Tensor]:
        """Pictures, what is seen of them and terms: of the rows whose tool is applied new ones, of the others the same."""
        where = applied.nonzero()[:, 0]
        if not len(where):
            return state.images, state.seen, state.terms
        images = self.use(state.images[where], choices[where], None if strengths is None else strengths[where])
        seen, terms = self._look(images, state.ids[where])
        tables = zip((state.images, state.seen, state.terms), (images, seen, terms), strict=True)
        all_images, all_seen, all_terms = (old.index_copy(0, where, new) for old, new in tables)
        return all_images, all_seen, all_terms

    def use(self, images: Images, choices: Choices, strengths: PerImage | None = None) -> Images:
        """Return each picture under its own tool, none of them the stop; each tool that occurs is called once."""
        after = torch.empty_like(images)
        for choice in choices.unique().tolist():
            rows = (choices == choice).nonzero()[:, 0]
            strength = None if strengths is None else strengths[rows]
            after[rows] = self.tools[choice](images[rows], strength)
        return after

    def _look(self, images: Images, ids: Int[Tensor, " batch"]) -> tuple[Tensor, Tensor]:
        """What is seen of pictures, and the terms of their value; the judge is asked once for both."""
        score, seen = None, [tool_statistics(images)]
        if self.judge is not None:
            score, attributes = self.judge.read(images)
            seen += [score[:, None], five_attributes(attributes, self.judge.attribute_names)]
        seen.append(shown(small_pictures(images, None, self.task.pictures)))
        return torch.cat(seen, 1), self._terms(images, ids, score)

    def _terms(self, images: Images, ids: Int[Tensor, " batch"], score: PerImage | None) -> Tensor:
        """The terms of pictures' value, as `TERMS` names them; `score` is the judge's."""
        zero = torch.zeros(len(images), device=self.device)
        decibels = self.psnr(images, ids) if self.task.referenced else zero
        judged = self.task.judge_weight * score if self.task.judged and score is not None else zero
        return torch.stack([self.task.psnr_weight * decibels, judged, zero], 1)

    def _observations(self, state: ToolState) -> Observations:
        left = (1 - state.steps / self.task.horizon)[:, None]
        entries = state.seen.shape[1] - 3 * self.task.pictures**2
        parts = [state.seen[:, :entries], state.counts, left, state.seen[:, entries:]]
        return torch.cat(parts, 1).clamp(-LIMIT, LIMIT)

    @cached_property
    @torch.no_grad()
    def _first(self) -> tuple[Tensor, Tensor]:
        """What is seen of every picture at the start, and its terms. Raises: InputError naming one that is not finite."""
        ids = torch.arange(len(self), device=self.device)
        looks = [self._look(self.contexts.images[some], some) for some in ids.split(CHUNK)]
        seen, terms = (torch.cat(column) for column in zip(*looks, strict=True))
        broken = ~torch.isfinite(torch.cat([seen, terms], 1)).all(1)
        if broken.any():
            raise InputError(f"{self.names[int(broken.nonzero()[0])]}: the picture is not finite; is the file damaged?")
        return seen, terms


def _check_parts(contexts: ToolContexts, names: Sequence[str], judge: Judge | None, task: ToolTask) -> None:
    if not names:
        raise UsageError("no tools: give one or more, as `find_tools` finds them")
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"tool {name}: is named twice")
    if task.judged and judge is None:
        raise UsageError(f'reward "{task.reward}": needs a judge; give one, or reward="psnr"')
    if task.referenced and contexts.references is None:
        raise UsageError(
            f'reward "{task.reward}": needs references, which these pictures do not have; use reward="judge"'
        )
