"""Fine-tuning: the heads' hidden features, concatenated, learn to predict human mean opinion scores."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from attiqa_core.errors import UsageError
from attiqa_core.network.guarded_regressor import SpoiledViews
from attiqa_core.network.model import AttiqaNet
from attiqa_core.photos.images import Picture, to_images
from attiqa_core.photos.picture_cache import CropPlan, crops_ahead, random_places
from attiqa_core.tensors import Scores, Views
from attiqa_core.training.frozen_features import five_crop_features, spoiled_features
from attiqa_core.training.loop import batches, train
from attiqa_core.training.losses import mos_loss
from attiqa_core.training.recipe import FinetuneRecipe
from attiqa_core.training.solve_regressor import solve_guarded_regressor, solve_linear_regressor

Predict = Callable[[Sequence[Tensor], torch.Generator], Iterator[Scores]]
"""The predicted MOS of each batch of picture numbers in turn, every picture seen in a randomly drawn way."""

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
    seed: int = 0,
    run: Path | None = None,
    quiet: bool = False,
    after_epoch: Callable[[], dict] = dict,
) -> None:
    """Train the network in place on pictures and their MOS in [0, 1], by what of it is frozen and what its regressor is.

    With a frozen encoder its features of five crops are computed once, or given as `views`; for a guarded regressor
    those of spoiled pictures too, or given as `spoiled`. Seed, run folder and `after_epoch` are those of a training by
    epochs (`attiqa_core.training.loop.train`). Raises: UsageError if a regressor cannot be solved for, as the encoder learns.
    """
    kind = net.arch.regressor
    if not net.encoder_is_frozen:
        if kind != "mlp":
            raise UsageError(f"--regressor {kind}: is solved for on a frozen encoder; add --freeze all")
        return finetune_end_to_end(net, pictures, mos, recipe, seed=seed, run=run, quiet=quiet, after_epoch=after_epoch)
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
    seed: int = 0,
    run: Path | None = None,
    quiet: bool = False,
    after_epoch: Callable[[], dict] = dict,
) -> None:
    """Train what is not frozen on a random crop of each picture per epoch."""

    def predict(chosen: Sequence[Tensor], generator: torch.Generator) -> Iterator[Scores]:
        plans = (CropPlan(each, random_places(len(each), generator, recipe.flip)) for each in chosen)
        for crops in crops_ahead(pictures, plans, recipe.crop, device=net.device):
            yield net(to_images(crops))

    _train(net, predict, mos, recipe, seed, run, quiet, after_epoch)


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

    def predict(chosen: Sequence[Tensor], generator: torch.Generator) -> Iterator[Scores]:
        for each in chosen:
            drawn = torch.randint(views.shape[1], (len(each),), generator=generator)
            yield net.mos(views[each, drawn].to(net.device))

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
        for each, predicted in zip(chosen, predict(chosen, generator), strict=True):
            yield mos_loss(predicted, mos[each].to(net.device), recipe.loss, recipe.correlation_weight)

    train(
        net,
        torch.optim.AdamW(parameter_groups(net, recipe), weight_decay=recipe.weight_decay),
        losses,
        epochs=recipe.epochs,
        steps_per_epoch=len(batches(torch.arange(len(mos)), recipe.batch, LEAST_IMAGES)),
        images_per_epoch=len(mos),
        warmup=recipe.warmup,
        seed=seed,
        run=run,
        after_epoch=after_epoch,
        label="finetune",
        quiet=quiet,
    )


def parameter_groups(net: AttiqaNet, recipe: FinetuneRecipe) -> list[dict]:
    """Return the pretrained layers at the recipe's rate and the regressor at its own; none that is frozen.

    The heads' output layers take no part in the MOS and are left as they are. Without `decay_norms`, what has one
    dimension stands in two more groups, which do not decay.
    """
    pretrained = [*net.encoder.parameters(), *net.heads_hidden.parameters()]
    groups = [
        {"params": [parameter for parameter in pretrained if parameter.requires_grad], "lr": recipe.lr},
        {"params": list(net.regressor.parameters()), "lr": recipe.lr * recipe.new_layers_factor},
    ]
    if recipe.decay_norms:
        return groups
    matrices = [{**each, "params": [one for one in each["params"] if one.ndim > 1]} for each in groups]
    vectors = [{**each, "params": [one for one in each["params"] if one.ndim <= 1]} for each in groups]
    return [*matrices, *({**each, "weight_decay": 0.0} for each in vectors)]
