"""What is left after the parameters: a curve and a 3D table on the finished display picture, judged where they were not fitted.

Neither is a parameter of the ISP: both come after its output stage.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from attiqa_core.tensors import Images
from isp_env.fitting.curve import CurveKind, DisplayCurve, fitted_curve
from isp_env.fitting.distance import PlaceWeights, place_weights
from isp_env.fitting.lut import Cube, fitted_cube, identity_cube, looked_up
from isp_env.fitting.matching import Picture

TILE_PX = 16  # squares of one picture that are fitted on in turn, where no other scene is there to be judged on
CURVE_CUBE_SIZE = 33  # of the table that a curve is written as, where no larger one is asked for

Folds = Int[Tensor, "batch 1 height width"]


@dataclass(frozen=True)
class CorrectionRecipe:
    """Which corrections: the kind of curve, the size of the table, either of them none."""

    curve: CurveKind | None = None
    lut: int | None = None

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the corrections, in the order in which they are applied."""
        return (*(("curve",) if self.curve else ()), *(("lut",) if self.lut else ()))


@dataclass(frozen=True)
class Correction:
    """A curve, and a table after it, either of them none."""

    curve: DisplayCurve | None
    cube: Cube | None

    def stages(self, images: Images) -> list[Images]:
        """Return pictures after each correction that there is, in order."""
        steps = [images]
        if self.curve is not None:
            steps.append(self.curve.applied(steps[-1]))
        if self.cube is not None:
            steps.append(looked_up(self.cube, steps[-1]))
        return steps[1:]

    def as_cube(self) -> Cube:
        """Return both as one table, of the size of the table or, with a curve, CURVE_CUBE_SIZE at least."""
        size = 0 if self.cube is None else len(self.cube)
        grid = identity_cube(size if self.curve is None else max(size, CURVE_CUBE_SIZE))
        through = self.stages(grid.reshape(1, -1, 1, 3).permute(0, 3, 1, 2))[-1]
        return through.permute(0, 2, 3, 1).reshape(grid.shape)


def fitted_correction(
    pictures: Sequence[Picture], references: Sequence[Picture], recipe: CorrectionRecipe
) -> Correction:
    """Return the corrections that bring all pictures, of any sizes, nearest to their references."""
    images, wanted = _flat(pictures), _flat(references)
    return _solved(images, wanted, place_weights(wanted), recipe)


def held_out_stages(
    pictures: Sequence[Picture], references: Sequence[Picture], recipe: CorrectionRecipe, scenes: Sequence[str]
) -> tuple[list[list[Picture]], str]:
    """Return each picture after each correction, every pixel by what was fitted without it, and what was left out in turn.

    "scenes": all pictures of a scene, where there are several scenes; else "tiles": the black or the white squares of a
    chessboard over the picture.
    """
    names = list(dict.fromkeys(scenes))
    if len(names) > 1:
        folds = [
            torch.full((1, *each.shape[1:]), names.index(scene)) for each, scene in zip(pictures, scenes, strict=True)
        ]
    else:
        folds = [_chessboard(each) for each in pictures]
    images, wanted, fold = _flat(pictures), _flat(references), _flat(folds)
    weights = place_weights(wanted)
    results = [images.clone() for _ in recipe.stages]
    for own in fold.unique().tolist():
        is_own = fold == own
        correction = _solved(images, wanted, torch.where(is_own, 0.0, weights), recipe)
        for result, stage in zip(results, correction.stages(images), strict=True):
            result.copy_(torch.where(is_own, stage, result))
    split = [_unflat(result, pictures) for result in results]
    return [list(stages) for stages in zip(*split, strict=True)], "scenes" if len(names) > 1 else "tiles"


def _solved(images: Images, wanted: Images, weights: PlaceWeights, recipe: CorrectionRecipe) -> Correction:
    curve = fitted_curve(images, wanted, weights, recipe.curve) if recipe.curve else None
    after = images if curve is None else curve.applied(images)
    return Correction(curve, fitted_cube(after, wanted, weights, recipe.lut) if recipe.lut else None)


def _chessboard(picture: Picture) -> Tensor:
    rows, columns = (torch.arange(side) // TILE_PX for side in picture.shape[1:])
    return ((rows[:, None] + columns) % 2)[None]


def _flat(pictures: Sequence[Tensor]) -> Tensor:
    """All places of all pictures, one after the other, as one picture that is a single row high."""
    return torch.cat([each.flatten(1) for each in pictures], 1)[None, :, None]


def _unflat(flat: Tensor, pictures: Sequence[Picture]) -> list[Picture]:
    parts = flat[0, :, 0].split([each[0].numel() for each in pictures], 1)
    return [part.reshape(each.shape) for part, each in zip(parts, pictures, strict=True)]
