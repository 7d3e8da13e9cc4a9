"""The ladders that a fine-tuning's options ask for."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

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
    """Return what makes the ladders: of the good photos that are named, once, or of each training's best rated ones."""
    if not recipe.ladders:
        return no_ladders
    if not recipe.pristine:
        return lambda pictures, mos: _ladders([pictures[index] for index in _best(mos)], "best rated", recipe, device)
    paths = find_images(recipe.pristine)
    made: list[Ladders] = []

    def once(pictures: Sequence[Picture], mos: Scores) -> Ladders:
        if not made:
            made.append(_ladders(PictureCache(paths, recipe.resize), "pristine", recipe, device))
        return made[0]

    return once


def _ladders(good: Sequence[Picture], source: str, recipe: Recipe, device: torch.device | str) -> Ladders:
    parts: list[Ladders] = []
    if "photo" in recipe.ladder_kinds:
        parts.append(PhotoLadders(good, source))
    rendered: list[Ladders] = []
    if "isp" in recipe.ladder_kinds or "attack" in recipe.ladder_kinds:
        scenes = Scenes.of(good, device)
        if "isp" in recipe.ladder_kinds:
            rendered.append(RenderLadders(scenes, device))
        if "attack" in recipe.ladder_kinds:
            rendered.append(AttackedLadders(scenes))
        parts.append(LaddersInTurn(rendered))
    return MixedLadders(parts)


def _best(mos: Tensor) -> list[int]:
    """The numbers of the best rated third, at least one, in their own order."""
    return mos.topk(max(1, round(len(mos) * BEST_SHARE))).indices.sort().values.tolist()
