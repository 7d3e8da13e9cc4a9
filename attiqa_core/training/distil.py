"""Distillation: a student learns to say at a small size, fast, what a scorer says at its own."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from attiqa_core.distortions.photo_ladders import change_each
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.views import crops_of
from attiqa_core.photos.images import Picture, to_images
from attiqa_core.photos.picture_cache import CropPlan, crops_ahead, random_places
from attiqa_core.scorer import Scorer
from attiqa_core.tensors import Images, Scores
from attiqa_core.training.counterexamples import spoil_each
from attiqa_core.training.loop import batches, seed_from, train
from attiqa_core.training.losses import mos_loss
from attiqa_core.training.recipe import DistilRecipe
from attiqa_core.training.scoring import scoring

FIELD = 0.9
"""Side of the squares that are shown, as a share of the pictures' short edge."""


def distil(
    student: AttiqaNet,
    teacher: Scorer,
    pictures: Sequence[Picture],
    short_edge: int,
    recipe: DistilRecipe = DistilRecipe(),  # noqa: B008  frozen
    *,
    seed: int = 0,
    run: Path | None = None,
    quiet: bool = False,
    after_epoch: Callable[[], dict] = dict,
) -> None:
    """Train the student in place to score as the teacher's one crop does: good, spoiled and slightly changed photos.

    `pictures` have `short_edge` px. The student's batch statistics stay as they are. Seed, run folder and `after_epoch` are
    those of `attiqa_core.training.loop.train`.
    """
    teacher = teacher.with_crops(1)
    student.fix_statistics()
    score = scoring(student)
    side = round(FIELD * short_edge)

    def losses(generator: torch.Generator) -> Iterator[Tensor]:
        chosen = batches(torch.randperm(len(pictures), generator=generator), recipe.batch, 2)
        plans = (CropPlan(each, random_places(len(each), generator)) for each in chosen)
        for step, crops in enumerate(crops_ahead(pictures, plans, side, device=student.device)):
            chance = torch.Generator(student.device).manual_seed(seed_from(generator.initial_seed(), step))
            images = shown(to_images(crops), chance)
            wanted = teacher.score(images)
            yield mos_loss(
                score(crops_of(images, recipe.preprocessing)), wanted, "smooth-l1", recipe.correlation_weight
            )

    train(
        student,
        torch.optim.AdamW(
            [each for each in student.parameters() if each.requires_grad], recipe.lr, weight_decay=recipe.weight_decay
        ),
        losses,
        epochs=recipe.epochs,
        steps_per_epoch=len(batches(torch.arange(len(pictures)), recipe.batch, 2)),
        images_per_epoch=len(pictures),
        warmup=recipe.warmup,
        clip_norm=recipe.clip_norm or math.inf,
        average=recipe.average,
        seed=seed,
        run=run,
        after_epoch=after_epoch,
        label="distil",
        quiet=quiet,
    )


def shown(photos: Images, generator: torch.Generator) -> Images:
    """Return the photos of a step as both see them: the first half as it is, then a quarter spoiled, then a quarter changed."""
    half = -(-len(photos) // 2)
    spoiled = photos[half : half + (len(photos) - half + 1) // 2]
    changed = photos[half + len(spoiled) :]
    parts = [photos[:half], *([spoil_each(spoiled, generator)] if len(spoiled) else [])]
    return torch.cat([*parts, *([change_each(changed, generator)] if len(changed) else [])])


@torch.inference_mode()
def agreement_with(teacher: Scorer, student: Scorer, photos: Sequence[Picture], seed: int = 0) -> tuple[Scores, Scores]:
    """Return the teacher's and the student's scores of each photo and, after them, of a spoiled and a changed version of each."""
    said: list[list[float]] = [[], []]
    for version in (lambda images, chance: images, spoil_each, change_each):
        for index, photo in enumerate(photos):
            images = version(to_images(photo[None]).to(teacher.device), _chance(teacher, seed, index))
            for judge, values in zip((teacher, student), said, strict=True):
                values.append(float(judge.score(images)[0]))
    return torch.tensor(said[0]), torch.tensor(said[1])


def _chance(teacher: Scorer, seed: int, index: int) -> torch.Generator:
    return torch.Generator(teacher.device).manual_seed(seed_from(seed, index))
