"""Parameters that reproduce references: colour and tone from proxies first, from several starts, then detail, then all at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.quasirandom import SobolEngine

from isp_env.fitting.descent import descend
from isp_env.fitting.problem import Problem
from isp_env.fitting.search_space import DETAIL, Points, SearchSpace
from isp_env.fitting.views import Pair, Views
from isp_env.parameters.profiles import CORE, Profile
from isp_env.params import IspParams

Values = Mapping[str, float]

FEW, MANY = 5, 30  # iterations from each start, and from the best of them
RADIUS = 0.5  # of half a range about the start, in which further starts lie
DETAIL_STARTS = (None, (0.5, 0.5), (-0.5, -0.5))
"""Of sharpening and of denoising: their slopes change at the camera's own amounts, and without any there is none."""


@dataclass(frozen=True)
class FitRecipe:
    """The numbers of a fit. `prior`: weight of the pull towards the start, in squared usual spreads; `starts`: how many, the
    given one first; `within_ranges`: stay in the profile's ranges, so that an action can say it; else in a parameter's limits.
    """

    profile: Profile = CORE
    prior: float = 1e-4
    starts: int = 3
    within_ranges: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Fitted:
    """What was found for one raw: physical values by name, the distance left, and whether detail was seen at native resolution;
    if it was not, sharpening and denoising are the start's."""

    params: Values
    distance: float
    native: bool


def fit_each(pairs: Sequence[Pair], recipe: FitRecipe, starts: Sequence[Values] | None = None) -> list[Fitted]:
    """Return the parameters of each pair, found for it alone: what is found depends on no other pair."""
    begun = starts or [{}] * len(pairs)
    return [_fit([pair], recipe, [start], None)[0] for pair, start in zip(pairs, begun, strict=True)]


def fit_together(
    pairs: Sequence[Pair], recipe: FitRecipe, own: Sequence[str] = (), starts: Sequence[Values] | None = None
) -> list[Fitted]:
    """Return one setting for all pairs, as many times as there are; the parameters named by `own` are each pair's."""
    return _fit(pairs, recipe, starts or [{}] * len(pairs), own)


def _fit(pairs: Sequence[Pair], recipe: FitRecipe, starts: Sequence[Values], own: Sequence[str] | None) -> list[Fitted]:
    native = all(pair.crops is not None for pair in pairs) and any(name in DETAIL for name in recipe.profile.names)
    order = sorted(range(len(pairs)), key=lambda place: pairs[place].size)
    pairs, starts = [pairs[place] for place in order], [starts[place] for place in order]
    fixed = _rows(starts, recipe.profile)
    search = _Search(pairs, recipe, own)
    params, distances = search.colour(fixed)
    if native:
        params, distances = search.everything(search.detail(params))
    found = [Fitted(*each, native) for each in zip(params.to_dicts(), distances.tolist(), strict=True)]
    return [found[order.index(place)] for place in range(len(order))]


@dataclass(frozen=True)
class _Search:
    pairs: Sequence[Pair]
    recipe: FitRecipe
    own: Sequence[str] | None

    def colour(self, fixed: IspParams) -> tuple[IspParams, Tensor]:
        """Everything but detail, from proxies."""
        recipe = self.recipe
        space = SearchSpace.of(recipe.profile, without=DETAIL, within_ranges=recipe.within_ranges)
        start = _points(space, fixed)
        problem = Problem(space, self._views(native=False), fixed, start, recipe.prior)
        return self._best(problem, [start, *_about(start, space, recipe)])

    def detail(self, fixed: IspParams) -> IspParams:
        """Sharpening and denoising alone, from the crops."""
        recipe = self.recipe
        others = [name for name in recipe.profile.names if name not in DETAIL]
        space = SearchSpace.of(recipe.profile, without=others, within_ranges=recipe.within_ranges)
        start = _points(space, fixed)
        problem = Problem(space, self._views(native=True), fixed, start, recipe.prior)
        return self._best(problem, [_detail_start(space, start, amounts) for amounts in DETAIL_STARTS])[0]

    def everything(self, fixed: IspParams) -> tuple[IspParams, Tensor]:
        """All at once, from proxies and crops."""
        space = SearchSpace.of(self.recipe.profile, within_ranges=self.recipe.within_ranges)
        start = _points(space, fixed)
        problem = Problem(space, self._views(native=True), fixed, start, self.recipe.prior)
        return self._best(problem, [start])

    def _best(self, problem: Problem, starts: Sequence[Points]) -> tuple[IspParams, Tensor]:
        shared = self._shared(problem.space)
        best = starts[0]
        if len(starts) > 1:
            tried = [descend(problem, start, FEW, shared) for start in starts]
            distances = torch.stack([each.distances for each in tried])
            if shared is not None:
                distances = distances.sum(1, keepdim=True).expand_as(distances)
            best = torch.stack([each.points for each in tried])[distances.argmin(0), torch.arange(len(best))]
        found = descend(problem, best, MANY, shared)
        return problem.params(found.points), found.distances

    def _shared(self, space: SearchSpace) -> Tensor | None:
        return None if self.own is None else torch.tensor([name not in self.own for name in space.free])

    def _views(self, *, native: bool) -> list[Views]:
        """In runs of one size: the pairs are sorted by it."""
        groups: dict[tuple[int, ...], list[Pair]] = {}
        for pair in self.pairs:
            groups.setdefault(pair.size, []).append(pair)
        return [Views.stack(group, native=native) for group in groups.values()]


def _rows(starts: Sequence[Values], profile: Profile) -> IspParams:
    """One row for each raw; names that a start has beyond the profile's columns count for all."""
    return IspParams.from_dict([dict(start) for start in starts], profile=profile)


def _points(space: SearchSpace, params: IspParams) -> Points:
    return torch.stack([space.point(values) for values in params.to_dicts()])


def _about(start: Points, space: SearchSpace, recipe: FitRecipe) -> list[Points]:
    """Further starts, spread about the given one: the same for each raw."""
    if recipe.starts < 2:
        return []
    drawn = SobolEngine(start.shape[1], scramble=True, seed=recipe.seed).draw(recipe.starts - 1)
    return [(start + RADIUS * (2 * each - 1)).clamp(space.low, space.high) for each in drawn]


def _detail_start(space: SearchSpace, start: Points, amounts: tuple[float, float] | None) -> Points:
    if amounts is None:
        return start
    wanted = {"sharpen": amounts[0], "denoise_luma": amounts[1], "denoise_chroma": amounts[1]}
    return space.point(wanted).expand_as(start).clone()
