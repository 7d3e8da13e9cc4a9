"""Search over tools: every allowed choice tried and judged, the best few gone on from; greedy steps are a beam of one."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from agents.tools.choosers import Asks, Valuer
from agents.tools.flat import flat_masks, tools_and_strengths
from isp_env.episodes.state import Observations
from isp_env.tool_episodes.core import CHUNK, ToolCore
from isp_env.tool_episodes.state import Choices, ToolState

WORST = -torch.inf


@dataclass
class Beam:
    """Plans for each picture the best sequence of at most `depth` tools that it met, none at all among them, and plays it.

    Of each step the `width` best are gone on from; with a width of 1, greedy steps, only while they gain. `budget`: queries for
    each picture, 0 for as many as it takes; where choices are more than are left of it, chance says which are tried.
    One query is one tool applied and judged: the picture as it came is judged too, and no query.
    """

    name: str
    asks: Asks
    value: Valuer
    width: int
    depth: int
    budget: int
    generator: torch.Generator
    plans: dict[int, list[int]] = field(default_factory=dict)

    def choose(self, core: ToolCore, state: ToolState, observations: Observations) -> tuple[Choices, Tensor]:
        """Return the next choice of each picture's plan, which is made, and paid for, at its first step."""
        stop, asked = flat_masks(core, state).shape[1] - 1, torch.zeros_like(state.ids)
        fresh = (state.steps == 0).nonzero()[:, 0]
        for some in fresh.split(CHUNK) if len(fresh) else ():
            plans, asked[some] = self._planned(core, rows_of(state, some))
            self.plans |= dict(zip(state.ids[some].tolist(), plans, strict=True))
        ahead = zip(state.ids.tolist(), state.steps.tolist(), strict=True)
        choices = [self.plans[one][step] if step < len(self.plans[one]) else stop for one, step in ahead]
        return torch.tensor(choices, device=core.device), asked

    @torch.no_grad()
    def _planned(self, core: ToolCore, start: ToolState) -> tuple[list[list[int]], Tensor]:
        count, places = len(start.ids), torch.arange(len(start.ids))
        best_values = self.value(core, start.images, start.ids).cpu()
        best: list[list[int]] = [[] for _ in range(count)]
        asked = torch.zeros(count, dtype=torch.long)
        rows, owners, values, plans = start, places, best_values.clone(), [[] for _ in range(count)]
        for _ in range(min(self.depth, core.task.horizon)):
            tried = self._affordable(flat_masks(core, rows).cpu(), owners, asked)
            table = self._table(core, rows, tried)
            asked += torch.zeros_like(asked).index_add_(0, owners, tried.sum(1))
            parents, choices = self._kept(table, owners, values, count)
            if not len(parents):
                break
            values = table[parents, choices]
            plans = [[*plans[one], choice] for one, choice in zip(parents.tolist(), choices.tolist(), strict=True)]
            rows, owners = _applied(core, rows_of(rows, parents), choices), owners[parents]
            for place, (owner, value) in enumerate(zip(owners.tolist(), values.tolist(), strict=True)):
                if value > best_values[owner]:
                    best_values[owner], best[owner] = value, plans[place]
        return best, asked.to(core.device)

    def _affordable(self, masks: Tensor, owners: Tensor, asked: Tensor) -> Tensor:
        """Which choices are tried: the allowed tools, or as many of them as each picture's budget still pays for."""
        tried = masks.clone()
        tried[:, -1] = False  # the stop needs no trial
        if not self.budget:
            return tried
        order = torch.where(tried, torch.rand(tried.shape, generator=self.generator), torch.inf)
        for owner in owners.unique().tolist():
            mine = (owners == owner).nonzero()[:, 0]
            left, own = self.budget - int(asked[owner]), order[mine]
            dearest = (
                own.flatten().sort().values[left - 1]
                if 0 < left <= own.numel()
                else own.new_tensor(-1.0 if left <= 0 else 2)
            )
            tried[mine] &= own <= dearest
        return tried

    def _table(self, core: ToolCore, rows: ToolState, tried: Tensor) -> Tensor:
        """What each row is worth after each choice, WORST where it was not tried."""
        table = torch.full(tried.shape, WORST)
        for choice in tried.any(0).nonzero()[:, 0].tolist():
            which = tried[:, choice].nonzero()[:, 0]
            choices = torch.full_like(which, choice)
            images = core.use(rows.images[which], *tools_and_strengths(core, choices))
            table[which, choice] = self.value(core, images, rows.ids[which]).cpu()
        return table

    def _kept(self, table: Tensor, owners: Tensor, values: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Rows and choices of the best `width` of each picture; of greedy steps those alone that gain."""
        parents, choices = [], []
        for owner in range(count):
            mine = (owners == owner).nonzero()[:, 0]
            if not len(mine):
                continue
            own = table[mine].flatten()
            for place in own.topk(min(self.width, int((own > WORST).sum()))).indices.tolist():
                parent, choice = int(mine[place // table.shape[1]]), place % table.shape[1]
                if self.width > 1 or table[parent, choice] > values[parent]:
                    parents.append(parent)
                    choices.append(choice)
        return torch.tensor(parents, dtype=torch.long), torch.tensor(choices, dtype=torch.long)


def rows_of(state: ToolState, rows: Tensor) -> ToolState:
    """Return some rows of a state, in the order asked."""
    return ToolState(**{name: value[rows] for name, value in vars(state).items()})


def _applied(core: ToolCore, rows: ToolState, choices: Tensor) -> ToolState:
    """Rows after their choices, none of them the stop: pictures, counts, steps and ends; nothing is looked at or judged."""
    tools, strengths = tools_and_strengths(core, choices.to(core.device))
    counts = rows.counts.scatter_add(1, tools[:, None], torch.ones_like(rows.counts[:, :1]))
    steps = rows.steps + 1
    changed = {"images": core.use(rows.images, tools, strengths), "counts": counts, "steps": steps}
    return ToolState(**{**vars(rows), **changed, "ended": steps >= core.task.horizon})
