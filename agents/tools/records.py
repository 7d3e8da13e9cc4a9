"""What a chooser made of pictures: tools used, PSNR before and after, queries, seconds."""

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from agents.tools.choosers import Chooser
from agents.tools.flat import flat_masks, tools_and_strengths
from attiqa_core.tensors import Images
from isp_env.tool_episodes.core import CHUNK, ToolCore


@dataclass(frozen=True)
class Record:
    """One row for each context: the tools used in order (in `hybrid` with their strengths), the reward earned, PSNR in dB before
    and after (NaN without references), queries; the pictures at the end; seconds of the processor for all of them."""

    chooser: str
    asks: str
    used: tuple[tuple[tuple[str, float], ...], ...]
    rewards: Tensor
    before: Tensor
    after: Tensor
    queries: Tensor
    images: Images
    seconds: float

    @property
    def gains(self) -> Tensor:
        """PSNR gained, dB."""
        return self.after - self.before

    @property
    def firsts(self) -> tuple[str, ...]:
        """The first tool of each context, "" where it stopped at once."""
        return tuple(each[0][0] if each else "" for each in self.used)


def play(core: ToolCore, chooser: Chooser, ids: Tensor | None = None) -> Record:
    """Return what a chooser makes of the contexts, all unless `ids` says which."""
    started = time.process_time()
    ids = torch.arange(len(core), device=core.device) if ids is None else ids
    parts = [_played(core, chooser, some) for some in ids.split(CHUNK)]
    used = tuple(each for part in parts for each in part[0])
    rewards, queries, images = (torch.cat(column) for column in zip(*(part[1:] for part in parts), strict=True))
    before = after = torch.full((len(ids),), torch.nan)
    seconds = time.process_time() - started
    if core.contexts.references is not None:
        before, after = core.psnr(core.contexts.images[ids], ids).cpu(), core.psnr(images, ids).cpu()
    return Record(chooser.name, chooser.asks, used, rewards.cpu(), before, after, queries.cpu(), images.cpu(), seconds)


def _played(core: ToolCore, chooser: Chooser, ids: Tensor) -> tuple[list, Tensor, Tensor, Images]:
    state, observations = core.reset(ids)
    used: list[tuple[tuple[str, float], ...]] = [() for _ in ids]
    rewards, queries = torch.zeros(len(ids), device=core.device), torch.zeros_like(ids)
    while not state.ended.all():
        running = ~state.ended
        choices, asked = chooser.choose(core, state, observations)
        assert flat_masks(core, state).gather(1, choices[:, None])[running].all(), f"{chooser.name} broke a mask"
        tools, strengths = tools_and_strengths(core, choices)
        for row in (running & (tools != core.stop)).nonzero()[:, 0].tolist():
            strength = 1.0 if strengths is None else float(strengths[row])
            used[row] = (*used[row], (core.tool_names[int(tools[row])], strength))
        transition = core.step(state, tools, strengths)
        rewards, queries = rewards + transition.rewards, queries + asked * running
        state, observations = transition.state, transition.observations
    return used, rewards, queries, state.images
