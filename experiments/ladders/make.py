"""The ladders that a fine-tuning's options ask for."""

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor
from torch.utils.data import ConcatDataset

from attiqa_core.distortions.peaks import PhotoPeaks
from attiqa_core.distortions.photo_ladders import LaddersInTurn, MixedLadders, PhotoLadders
from attiqa_core.distortions.rungs import Ladders
from attiqa_core.photos.images import Picture
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.photos.places import find_images
from attiqa_core.tensors import Scores
from experiments.ladders.attacked import AttackedLadders
from experiments.ladders.renders import RenderLadders
from experiments.ladders.scenes import Scenes
from experiments.options.recipe import Recipe

BEST_SHARE = 1 / 3
"""Of the rated photos stand in for good ones, where none are named: the best rated."""

MakeLadders = Callable[[Sequence[Picture], Scores], Ladders | None]
"""Ladders for a training on these rated pictures; None where the recipe has none."""


def no_ladders(pictures: Sequence[Picture], mos: Scores) -> None:
    """Return that there are none."""


def ladders_of(recipe: Recipe, device: torch.device | str = "cpu") -> MakeLadders:
    """Return what makes the ladders: of the good photos that are named, once, or with each training's best rated ones."""
    if not recipe.ladders:
        return no_ladders
    if not recipe.pristine:
        return lambda pictures, mos: _ladders(_best(pictures, mos, BEST_SHARE), "best rated", recipe, device)
    named = PictureCache(find_images(recipe.pristine), recipe.resize)
    if recipe.best_rated:

        def beside(pictures: Sequence[Picture], mos: Scores) -> Ladders:
            good = ConcatDataset([named, _best(pictures, mos, recipe.best_rated)])  # type: ignore[list-item]  lazily
            return _ladders(cast(Sequence[Picture], good), "pristine and best rated", recipe, device)

        return beside
    made: list[Ladders] = []

    def once(pictures: Sequence[Picture], mos: Scores) -> Ladders:
        if not made:
            made.append(_ladders(named, "pristine", recipe, device))
        return made[0]

    return once


def _ladders(good: Sequence[Picture], source: str, recipe: Recipe, device: torch.device | str) -> Ladders:
    parts: list[Ladders] = []
    if "photo" in recipe.ladder_kinds:
        parts.append(PhotoLadders(good, source))
    if "peak" in recipe.ladder_kinds:
        parts.append(PhotoPeaks(good, source))
    rendered: list[Ladders] = []
    if "isp" in recipe.ladder_kinds or "attack" in recipe.ladder_kinds:
        scenes = Scenes.of(good, device)
        if "isp" in recipe.ladder_kinds:
            rendered.append(RenderLadders(scenes, device))
        if "attack" in recipe.ladder_kinds:
            rendered.append(AttackedLadders(scenes))
        parts.append(LaddersInTurn(rendered))
    return MixedLadders(parts)


def _best(pictures: Sequence[Picture], mos: Tensor, share: float) -> list[Picture]:
    """The best rated share of the pictures, at least one, in their own order."""
    chosen = mos.topk(max(1, round(len(mos) * share))).indices.sort().values.tolist()
    return [pictures[index] for index in chosen]
