"""Attribute-aware pretraining: the network learns to rank images by attributes as its teachers do."""

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from attiqa_core.errors import UsageError
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.labelling.cached_teacher import CachedTeacher
from attiqa_core.network.model import AttiqaNet
from attiqa_core.photos.images import Picture, to_images
from attiqa_core.photos.picture_cache import CropPlan, PictureCache, crops_ahead, random_places
from attiqa_core.teachers.teacher import Lesson, Teacher
from attiqa_core.tensors import AttributeScores, Groups
from attiqa_core.training import distributed
from attiqa_core.training.loop import batches, seed_from, train
from attiqa_core.training.losses import probability_loss, random_pairs, ranking_loss
from attiqa_core.training.recipe import Objective, PretrainRecipe
from attiqa_core.training.supervision import (
    AttributeModule,
    held_out_accuracy,
    lessons_about,
    present,
    scores_about,
)

UNREADABLE = "unreadable.json"
PLACING, PAIRING, TEACHING = range(3)  # what chance is needed for in a micro-batch

PAPER = PretrainRecipe()


def pretrain(
    net: AttiqaNet,
    photos: Sequence[Picture],
    teachers: Sequence[Teacher | CachedTeacher],
    recipe: PretrainRecipe = PAPER,
    *,
    held_out: Sequence[int] = (),
    seed: int = 0,
    run: Path | None = None,
    checkpoint_minutes: float = math.inf,
    quiet: bool = False,
) -> None:
    """Train encoder and attribute heads in place on lessons made from `photos`; the numbers in `held_out` stay apart.

    What does not fill a batch is a smaller one at the end of the epoch (`steps_of`), unless several processes share the
    work. Photos that a `PictureCache` could not read are listed in the run's `unreadable.json` after each epoch.
    Source: ATTIQA, section 3.4.
    """
    check_shares(recipe.batch, recipe.accumulate)
    apart = set(held_out)
    learned = torch.tensor([index for index in range(len(photos)) if index not in apart])
    assert len(learned) >= recipe.batch, f"{len(learned)} photos do not fill a batch of {recipe.batch}"
    steps = steps_of(learned, recipe)
    distributed.synchronise_batch_norms(net, net.device)
    net.regressor.requires_grad_(False)  # has no part in this
    optimizer = make_optimizer(net, recipe.optimizer, recipe.lr * recipe.batch / 256, recipe.weight_decay)
    plain = AttributeModule(net, recipe.precision)
    scores_of = DistributedDataParallel(plain) if distributed.is_on() else plain

    def losses(generator: torch.Generator, first: int = 0) -> Iterator[Tensor]:
        order = learned[torch.randperm(len(learned), generator=generator)]
        parts = [part for step in steps_of(order, recipe) for part in step.tensor_split(recipe.accumulate)]
        seeds = torch.randint(2**62, (len(parts),), generator=generator).tolist()
        begun = first * recipe.accumulate
        plans = [_plan(*each) for each in zip(parts[begun:], seeds[begun:], strict=True)]
        arriving = crops_ahead(photos, plans, recipe.crop, device=net.device)
        for number, (plan, crops) in enumerate(zip(plans, arriving, strict=True), start=1):
            lessons = lessons_about(teachers, to_images(crops), present(photos, plan), _generator(plan.seed, TEACHING))
            with _unsynchronised(scores_of) if number % recipe.accumulate else nullcontext():
                scores = scores_about(scores_of, lessons)
            yield _loss(scores, lessons, recipe.objective, _generator(plan.seed, PAIRING))

    def after_epoch() -> dict:
        unreadable = _write_unreadable(photos, run)
        row: dict = {"unreadable_photos": unreadable} if unreadable else {}
        if held_out and distributed.is_first():
            row["held_out_ranking_accuracy"] = held_out_accuracy(plain, photos, held_out, teachers, recipe.crop)
        return row

    train(
        net,
        optimizer,
        losses,
        epochs=recipe.epochs,
        steps_per_epoch=len(steps),
        images_per_epoch=sum(map(len, steps)),
        accumulate=recipe.accumulate,
        warmup=recipe.warmup,
        seed=seed,
        run=run,
        checkpoint_minutes=checkpoint_minutes,
        after_epoch=after_epoch,
        label="pretrain",
        quiet=quiet,
    )
    net.regressor.requires_grad_(True)


def check_shares(batch: int, accumulate: int) -> None:
    """Raises: UsageError if photos of a step cannot be dealt out evenly to processes and micro-batches, two to each."""
    shares = accumulate * distributed.count()
    if batch % shares or batch // shares < 2:
        raise UsageError(
            f"--batch {batch}: has to be {shares} (processes x --accumulate) times 2 or more, without a remainder"
        )


def steps_of(order: Tensor, recipe: PretrainRecipe) -> list[Tensor]:
    """Return the photos of each step of an epoch, in `order`.

    All are used, in a smaller last step, or, where that could not give two to every micro-batch, in a larger one.
    Several processes take whole batches alone, as theirs have to be equal; the rest is left out, another one each epoch.
    """
    if distributed.is_on():
        return [*order[: len(order) // recipe.batch * recipe.batch].split(recipe.batch)]
    return batches(order, recipe.batch, 2 * recipe.accumulate)


def _plan(indices: Tensor, seed: int) -> CropPlan:
    """This process's share of one micro-batch; the places are drawn for all of it, whatever the number of processes."""
    places = random_places(len(indices), _generator(seed, PLACING))
    own = distributed.rank()
    return CropPlan(indices.chunk(distributed.count())[own], places.chunk(distributed.count())[own], seed)


def _generator(seed: int, purpose: int) -> torch.Generator:
    """A generator for one purpose in one micro-batch; what teachers draw differs between processes."""
    process = distributed.rank() if purpose == TEACHING else 0
    return torch.Generator().manual_seed(seed_from(seed, purpose, process))


def _unsynchronised(scores_of: nn.Module) -> AbstractContextManager:
    """Gradients of all but the last micro-batch of a step need not be averaged over the processes yet."""
    return scores_of.no_sync() if isinstance(scores_of, DistributedDataParallel) else nullcontext()


def _loss(
    scores: Sequence[AttributeScores], lessons: Sequence[Lesson], objective: Objective, generator: torch.Generator
) -> Tensor:
    """The sum of the lessons' losses, pairs over all processes."""
    total = torch.zeros((), device=scores[0].device)
    for own, lesson in zip(scores, lessons, strict=True):
        scored, labels = distributed.gathered(own), distributed.gathered(lesson.labels)
        groups = distributed.gathered_groups(lesson.groups, lesson.across_photos)
        order = torch.randperm(len(scored), generator=generator)
        total = total + objective_loss(objective, scored, labels, groups, order)
    return total


def objective_loss(
    objective: Objective, scores: AttributeScores, labels: AttributeScores, groups: Groups, order: Tensor
) -> Tensor:
    """Return the loss on one lesson; `order` is a random order of its images."""
    if objective.kind == "l2":
        return probability_loss(scores, labels)
    pairs = random_pairs(groups, order.to(groups.device)) if objective.pairs == "random" else None
    return ranking_loss(scores, labels, objective.margin, groups, tie_tolerance=objective.tie_tolerance, pairs=pairs)


def make_optimizer(net: AttiqaNet, name: str, lr: float, weight_decay: float) -> torch.optim.Optimizer:
    """Return "sgd" (momentum 0.9) or "adamw" over what is to learn of the encoder and the attribute heads."""
    learned = [
        parameter
        for key, parameter in net.named_parameters()
        if parameter.requires_grad and not key.startswith("regressor.")
    ]
    if name == "sgd":
        return torch.optim.SGD(learned, lr=lr, momentum=0.9, weight_decay=weight_decay)
    return torch.optim.AdamW(learned, lr=lr, weight_decay=weight_decay)


def _write_unreadable(photos: Sequence[Picture], run: Path | None) -> int:
    """Add what no process could read to the run's list, and return how many photos are on it."""
    own = list(photos.failures.values()) if isinstance(photos, PictureCache) else []
    messages = {message for part in distributed.gathered_objects(own) for message in part}
    if run is not None and distributed.is_first():
        messages |= set(unreadable_photos(run))
        if messages:
            write_json(run / UNREADABLE, sorted(messages))
    return len(messages)


def unreadable_photos(run: Path) -> tuple[str, ...]:
    """Return why photos were left out of a run so far, a sentence for each."""
    return tuple(read_json(run / UNREADABLE)) if (run / UNREADABLE).exists() else ()
