"""What is minimised: distances of renders from references, and a pull towards where the search began; with its slopes."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import PerImage
from isp_env.fitting.distance import bounded
from isp_env.fitting.search_space import Points, SearchSpace
from isp_env.fitting.views import Views
from isp_env.params import IspParams

STEP = 0.01  # of half a range, between the two renders that a slope is taken from
AT_ONCE = 64  # renders in one batch


@dataclass(frozen=True)
class Slopes:
    """A quadratic model about points: the distance, its gradient, and Gauss and Newton's matrix of second derivatives."""

    distance: PerImage
    gradient: Points
    curvature: Float[Tensor, "batch controls controls"]


@dataclass(frozen=True)
class Problem:
    """Raws of one or several sizes (`views`, in the order of the points), searched over one space.

    `fixed`: all parameters as they are where they are not free, one row for each raw; `anchor`, `prior`: the points that
    parameters are pulled towards, and the weight of the squared distance in usual spreads.
    """

    space: SearchSpace
    views: Sequence[Views]
    fixed: IspParams
    anchor: Points
    prior: float = 0.0

    @property
    def bounds(self) -> tuple[Tensor, Tensor]:
        """The lowest and the highest point."""
        return self.space.low, self.space.high

    def params(self, points: Points, rows: Tensor | None = None) -> IspParams:
        """Return the parameters of points, those that are not free taken from `fixed`."""
        of_space = self.space.params(points)
        fixed = self.fixed if rows is None else self.fixed.take(rows)
        columns = [
            of_space[name] if name in self.space.free else fixed[name] if name in fixed.names else of_space[name]
            for name in of_space.names
        ]
        return IspParams(torch.stack(columns, 1), of_space.names)

    @torch.no_grad()
    def distances(self, points: Points) -> PerImage:
        """Return the distance of each raw's render, and its pull."""
        parts, start = [], 0
        for views in self.views:
            rows = torch.arange(start, start + len(views))
            for some in rows.split(AT_ONCE):
                places = some - start
                seen = views.rendered(places, self.params(points[some], some))
                parts.append(bounded(seen - views.wanted[places], views.weights[places])[0])
            start += len(views)
        return torch.cat(parts) + self._pull(points)

    @torch.no_grad()
    def slopes(self, points: Points) -> Slopes:
        """Return the quadratic model about points: slopes of every pixel, from one more render for each parameter."""
        parts, start = [], 0
        for views in self.views:
            parts += [self._slopes_of(views, place, start + place, points) for place in range(len(views))]
            start += len(views)
        distance, gradient, curvature = (torch.stack(each) for each in zip(*parts, strict=True))
        pull = 2 * self.prior / self.space.spread.to(points) ** 2
        return Slopes(
            distance + self._pull(points),
            gradient + pull * (points - self.anchor),
            curvature + torch.diag(pull),
        )

    def _slopes_of(self, views: Views, place: int, row: int, points: Points) -> tuple[Tensor, Tensor, Tensor]:
        """Those of one raw: of hundreds at once the slopes of every pixel would not fit into memory."""
        point = points[row]
        step = torch.where(point + STEP <= self.space.high.to(point), STEP, -STEP)
        moved = torch.cat([point[None], point + torch.diag(step)])
        places, rows = (torch.full((len(moved),), each) for each in (place, row))
        seen = torch.cat([
            views.rendered(places[some], self.params(moved[some], rows[some]))
            for some in torch.arange(len(moved)).split(AT_ONCE)
        ])  # fmt: skip
        off = seen[:1] - views.wanted[place : place + 1]
        distance, weights = bounded(off, views.weights[place : place + 1])
        slopes = (seen[1:] - seen[:1]) / step[:, None, None]
        weighted = (slopes * weights).flatten(1)
        return distance[0], weighted @ off.flatten(), weighted @ slopes.flatten(1).T

    def _pull(self, points: Points) -> PerImage:
        return self.prior * ((points - self.anchor) / self.space.spread.to(points)).square().sum(1)
