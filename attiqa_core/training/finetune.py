"""Fine-tuning: the heads' hidden features, concatenated, learn to predict human mean opinion scores."""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from attiqa_core.distortions.rungs import Ladders
from attiqa_core.errors import UsageError
from attiqa_core.network.guarded_regressor import SpoiledViews
from attiqa_core.network.model import AttiqaNet
from attiqa_core.photos.images import Picture, resize_short_edge, to_images
from attiqa_core.photos.picture_cache import CropPlan, crops_ahead, random_places
from attiqa_core.tensors import Scores, Views
from attiqa_core.training import averaging
from attiqa_core.training.checkpoint import is_begun
from attiqa_core.training.counterexamples import ladder_loss, spoil_each, spoiled_count, spoiled_loss
from attiqa_core.training.frozen_features import five_crop_features, spoiled_features
from attiqa_core.training.loop import batches, seed_from, train
from attiqa_core.training.losses import mos_loss
from attiqa_core.training.preferences import PreferenceTerm
from attiqa_core.training.recipe import FinetuneRecipe
from attiqa_core.training.scoring import scoring
from attiqa_core.training.solve_regressor import solve_guarded_regressor, solve_linear_regressor

Predict = Callable[[Sequence[Tensor], torch.Generator], Iterator[tuple[Scores, Tensor | float]]]
"""For each batch of picture numbers in turn the predicted MOS, every picture seen in a randomly drawn way, and what else
the step's loss counts."""

PAPER = FinetuneRecipe()
LEAST_IMAGES = 2  # in a batch: one image alone has no correlation and no statistics of its pooled features


def finetune(
    net: AttiqaNet,
    pictures: Sequence[Picture],
    mos: Scores,
    recipe: FinetuneRecipe = PAPER,
    *,
    views: Views | None = None,
    spoiled: SpoiledViews | None = None,
    ladders: Ladders | None = None,
    seed: int = 0,
    run: Path | None = None,
    quiet: bool = False,
    after_epoch: Callable[[], dict] = dict,
) -> None:
    """Train the network in place on pictures and their MOS in [0, 1], by what of it is frozen and what its regressor is.

    With a frozen encoder, or a start from ridge, its features of five crops are computed once, or given as `views`; for a guarded regressor
    those of spoiled pictures too, or given as `spoiled`. `ladders` are what `recipe.ladders` weighs. Seed, run folder and `after_epoch` are those of a training by
    epochs (`attiqa_core.training.loop.train`). Raises: UsageError if a regressor cannot be solved for, as the encoder learns.
    """
    kind = net.arch.regressor
    if not net.encoder_is_frozen:
        if kind not in {"fresh": ("mlp",), "ridge": ("linear",), "kept": ("mlp", "linear")}[recipe.start]:
            raise UsageError(
                f"--regressor {kind}: is solved for on a frozen encoder; add --freeze all, or for linear --start ridge"
            )
        if recipe.start == "ridge" and (recipe.blend < 1 or not is_begun(run)):
            solve_linear_regressor(net, five_crop_features(net, pictures, recipe.crop) if views is None else views, mos)
        how = {"seed": seed, "run": run, "quiet": quiet, "after_epoch": after_epoch}
        return finetune_end_to_end(net, pictures, mos, recipe, ladders=ladders, **how)
    views = five_crop_features(net, pictures, recipe.crop) if views is None else views
    if kind == "linear":
        return solve_linear_regressor(net, views, mos)
    if kind == "guarded":
        if spoiled is None:
            spoiled = spoiled_features(net, pictures, recipe.crop, recipe.spoiled)
        return solve_guarded_regressor(net, views, mos, spoiled)
    return finetune_on_views(net, views, mos, recipe, seed=seed, run=run, quiet=quiet, after_epoch=after_epoch)


def finetune_end_to_end(
    net: AttiqaNet,
    pictures: Sequence[Picture],
    mos: Scores,
    recipe: FinetuneRecipe = PAPER,
    *,
    ladders: Ladders | None = None,
    preferences: PreferenceTerm | None = None,
    seed: int = 0,
    run: Path | None = None,
    quiet: bool = False,
    after_epoch: Callable[[], dict] = dict,
) -> None:
    """Train what is not frozen on a random crop of each picture per epoch, on what the recipe holds against it, and on votes.

    All chance of a step beside its crops comes from one generator on the device, of the epoch's seed and the step.
    """
    assert (ladders is not None) == (recipe.ladders > 0), "a weight without ladders, or ladders without one"
    if recipe.fixed_statistics:
        net.fix_statistics()
    score = scoring(net, recipe.precision)
    sides = recipe.preprocessing.crops()[::2]  # every new size has to be planned for by a GPU: a second or more each

    def predict(chosen: Sequence[Tensor], generator: torch.Generator) -> Iterator[tuple[Scores, Tensor | float]]:
        plans = (CropPlan(each, random_places(len(each), generator, recipe.flip)) for each in chosen)
        for step, crops in enumerate(crops_ahead(pictures, plans, recipe.crop, device=net.device)):
            chance = torch.Generator(net.device).manual_seed(seed_from(generator.initial_seed(), step))
            side = _drawn_side(sides, chance)
            photos = resize_short_edge(to_images(crops), side)
            spoiled = photos[: spoiled_count(len(photos)) if recipe.corrupted else 0]
            scores = score(
                torch.cat([photos, spoil_each(spoiled, chance, recipe.corruptions)]) if len(spoiled) else photos
            )
            predicted, more = scores[: len(photos)], 0.0
            if len(spoiled):
                more = more + recipe.corrupted * spoiled_loss(predicted[: len(spoiled)], scores[len(photos) :])
            if ladders is not None:
                rungs = ladders.draw(recipe.ladder_scenes, side, chance, score)
                more = more + recipe.ladders * ladder_loss(score, rungs)
            if preferences is not None:
                more = more + preferences.loss(score, recipe.crop, side, recipe.flip, chance)
            yield predicted, more

    began = copy.deepcopy(net.state_dict()) if recipe.blend < 1 else None
    _train(net, predict, mos, recipe, seed, run, quiet, after_epoch)
    if began is not None:
        averaging.blend(net, began, recipe.blend)


def _drawn_side(sides: Sequence[int], chance: torch.Generator) -> int:
    """One of the sides, each as often as takes the same time for all: the smaller the likelier."""
    likely = torch.tensor([1 / side**2 for side in sides], device=chance.device)
    return sides[int(torch.multinomial(likely, 1, generator=chance))]


def finetune_on_views(
    net: AttiqaNet,
    views: Views,
    mos: Scores,
    recipe: FinetuneRecipe = PAPER,
    *,
    seed: int = 0,
    run: Path | None = None,
    quiet: bool = False,
    after_epoch: Callable[[], dict] = dict,
) -> None:
    """Train the MLP regressor, and the heads unless they are frozen, on one of each picture's views per epoch."""

    def predict(chosen: Sequence[Tensor], generator: torch.Generator) -> Iterator[tuple[Scores, Tensor | float]]:
        for each in chosen:
            drawn = torch.randint(views.shape[1], (len(each),), generator=generator)
            yield net.mos(views[each, drawn].to(net.device)), 0.0

    _train(net, predict, mos, recipe, seed, run, quiet, after_epoch)


def _train(
    net: AttiqaNet,
    predict: Predict,
    mos: Scores,
    recipe: FinetuneRecipe,
    seed: int,
    run: Path | None,
    quiet: bool,
    after_epoch: Callable[[], dict],
) -> None:
    def losses(generator: torch.Generator) -> Iterator[Tensor]:
        chosen = batches(torch.randperm(len(mos), generator=generator), recipe.batch, LEAST_IMAGES)
        for each, (predicted, more) in zip(chosen, predict(chosen, generator), strict=True):
            yield mos_loss(predicted, mos[each].to(net.device), recipe.loss, recipe.correlation_weight) + more

    train(
        net,
        torch.optim.AdamW(parameter_groups(net, recipe), weight_decay=recipe.weight_decay),
        losses,
        epochs=recipe.epochs,
        steps_per_epoch=len(batches(torch.arange(len(mos)), recipe.batch, LEAST_IMAGES)),
        images_per_epoch=len(mos),
        warmup=recipe.warmup,
        clip_norm=recipe.clip_norm or math.inf,
        average=recipe.average,
        seed=seed,
        run=run,
        after_epoch=after_epoch,
        label="finetune",
        quiet=quiet,
    )


def parameter_groups(net: AttiqaNet, recipe: FinetuneRecipe) -> list[dict]:
    """Return the pretrained layers at the recipe's rate and the regressor at its own; none that is frozen.

    The heads' output layers take no part in the MOS and are left as they are. After a start from ridge the heads' hidden
    layers learn at the regressor's rate, since it was solved for on what they say; a kept one likewise. Without `decay_norms`, what has one
    dimension stands in two more groups, which do not decay.
    """
    heads = list(net.heads_hidden.parameters())
    pretrained, new = list(net.encoder.parameters()), list(net.regressor.parameters())
    if recipe.start != "fresh":
        new = [*heads, *new]
    else:
        pretrained = [*pretrained, *heads]
    groups = [
        {"params": [parameter for parameter in pretrained if parameter.requires_grad], "lr": recipe.lr},
        {"params": new, "lr": recipe.lr * recipe.new_layers_factor},
    ]
    if recipe.decay_norms:
        return groups
    matrices = [{**each, "params": [one for one in each["params"] if one.ndim > 1]} for each in groups]
    vectors = [{**each, "params": [one for one in each["params"] if one.ndim <= 1]} for each in groups]
    return [*matrices, *({**each, "weight_decay": 0.0} for each in vectors)]
