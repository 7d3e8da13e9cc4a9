"""Fine-tuning: the heads' hidden features, concatenated, learn to predict human mean opinion scores."""

import copy
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from attiqa_core.errors import UsageError
from attiqa_core.network.fuse import fold
from attiqa_core.network.guarded_regressor import GuardedRegressor, SpoiledViews, spoiled_versions
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.ridge import ridge_regression
from attiqa_core.photos.images import Picture, five_crops, to_images
from attiqa_core.photos.picture_cache import CropPlan, crops_ahead, random_places
from attiqa_core.tensors import Scores, Views
from attiqa_core.training.loop import train
from attiqa_core.training.losses import mos_loss

Predict = Callable[[Sequence[Tensor], torch.Generator], Iterator[Scores]]
"""The predicted MOS of each batch of picture numbers in turn, every picture seen in a randomly drawn way."""


def finetune(
    net: AttiqaNet,
    pictures: Sequence[Picture],
    mos: Scores,
    *,
    epochs: int = 100,
    batch: int = 64,
    crop: int = 320,
    lr: float = 2e-5,
    new_layers_factor: float = 10.0,
    weight_decay: float = 1e-4,
    loss: str = "smooth-l1",
    correlation_weight: float = 0.0,
    seed: int = 0,
    run: Path | None = None,
    quiet: bool = False,
    views: Views | None = None,
    spoiled: int = 4,
    negatives: SpoiledViews | None = None,
    after_epoch: Callable[[], dict] = dict,
) -> None:
    """Train the network in place on pictures and their MOS in [0, 1]: a random crop of each in whole batches per epoch.

    The rest that does not fill a batch is left out, another one in each epoch.

    If the whole encoder is frozen, its features of five crops are computed once (or given as `views`), and each epoch
    draws one of them. A linear or guarded regressor is then solved for instead, and the rest stays as it is; a guarded one
    also learns that `spoiled` versions of each picture score below it (or takes their features as `negatives`).
    `after_epoch` may look at the network; what it returns is logged. Source: ATTIQA, section 3.5; optimiser and loss are open points 23 to 25.
    """
    if net.arch.regressor != "mlp":
        if not net.encoder_is_frozen:
            raise UsageError(f"--regressor {net.arch.regressor}: is solved for on a frozen encoder; add --freeze all")
        views = five_crop_features(net, pictures, crop) if views is None else views
        if net.arch.regressor == "linear":
            return solve_regressor(net, views, mos)
        negatives = spoiled_features(net, pictures, crop, spoiled) if negatives is None else negatives
        return guard_regressor(net, views, mos, negatives)
    device = net.device
    batch = min(batch, len(pictures))
    steps = len(pictures) // batch
    optimizer = torch.optim.AdamW(parameter_groups(net, lr, new_layers_factor), weight_decay=weight_decay)
    predict = _predict_by_crops(net, pictures, crop)
    if net.encoder_is_frozen:
        predict = _predict_by_views(net, five_crop_features(net, pictures, crop) if views is None else views)

    def losses(generator: torch.Generator) -> Iterator[Tensor]:
        batches = torch.randperm(len(pictures), generator=generator)[: steps * batch].split(batch)
        for chosen, predicted in zip(batches, predict(batches, generator), strict=True):
            yield mos_loss(predicted, mos[chosen].to(device), loss, correlation_weight)

    train(
        net,
        optimizer,
        losses,
        epochs=epochs,
        steps_per_epoch=steps,
        images_per_step=batch,
        seed=seed,
        run=run,
        after_epoch=after_epoch,
        label="finetune",
        quiet=quiet,
    )


@torch.no_grad()
def solve_regressor(net: AttiqaNet, views: Views, mos: Scores) -> None:
    """Set the linear regressor to the ridge regression of MOS on each picture's mean inputs, alpha by leave-one-out.

    Inputs are standardised for the penalty's sake, and the standardisation is folded into the weights.
    """
    fitted = ridge_regression().fit(_mean_inputs(net, views).numpy(), mos.numpy())
    scaler, ridge = (fitted.named_steps[step] for step in ("standardscaler", "ridgecv"))
    weight = ridge.coef_ / scaler.scale_
    assert isinstance(net.regressor, torch.nn.Linear)
    net.regressor.weight.copy_(torch.from_numpy(weight)[None])
    net.regressor.bias.fill_(float(ridge.intercept_ - weight @ scaler.mean_))


@torch.no_grad()
def guard_regressor(net: AttiqaNet, views: Views, mos: Scores, negatives: SpoiledViews) -> None:
    """Fit the guarded regressor to the MOS and to the order of photos and their spoiled versions."""
    inputs = _mean_inputs(net, views)
    photos, *versions = (_inputs(net, each) for each in negatives.unbind(1))
    assert isinstance(net.regressor, GuardedRegressor)
    net.regressor.fit(inputs, mos, photos.repeat(len(versions), 1), torch.cat(versions))


def _mean_inputs(net: AttiqaNet, views: Views) -> Tensor:
    """Return the regressor's inputs, meaned over each picture's views; pooled features never seen before are measured."""
    net.eval()
    features = views.flatten(0, 1).to(net.device)
    if isinstance(net.standardise, torch.nn.BatchNorm1d) and int(net.standardise.num_batches_tracked or 0) == 0:
        net.standardise.running_mean, net.standardise.running_var = (
            features.mean(0),
            features.var(0),
        )  # never pretrained
    return _inputs(net, features).unflatten(0, views.shape[:2]).mean(1)


def _inputs(net: AttiqaNet, features: Tensor) -> Tensor:
    features = features.to(net.device)
    return net.regressor_inputs(features, net.hidden(features)).cpu()


@torch.no_grad()
def spoiled_features(
    net: AttiqaNet, pictures: Sequence[Picture], crop: int, versions: int, seed: int = 0
) -> SpoiledViews:
    """Return pooled features of each picture and of spoiled versions of it, on the CPU; picture k draws with seed + k."""
    net = _folded(net)
    return torch.stack(
        [
            net.features(spoiled_versions(picture, versions, crop, seed + index).to(net.device)).cpu()
            for index, picture in enumerate(pictures)
        ]
    )


def _folded(net: AttiqaNet) -> AttiqaNet:
    """Return a copy for inference, as a Scorer has it: about twice as fast on a CPU, equal but for the last bits."""
    folded = copy.deepcopy(net).eval()
    fold(folded.encoder)
    return folded.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _predict_by_crops(net: AttiqaNet, pictures: Sequence[Picture], crop: int) -> Predict:
    def predict(batches: Sequence[Tensor], generator: torch.Generator) -> Iterator[Scores]:
        plans = (CropPlan(chosen, random_places(len(chosen), generator)) for chosen in batches)
        for crops in crops_ahead(pictures, plans, crop, device=net.device):
            yield net(to_images(crops))

    return predict


def _predict_by_views(net: AttiqaNet, views: Views) -> Predict:
    def predict(batches: Sequence[Tensor], generator: torch.Generator) -> Iterator[Scores]:
        for chosen in batches:
            drawn = torch.randint(views.shape[1], (len(chosen),), generator=generator)
            yield net.mos(views[chosen, drawn].to(net.device))

    return predict


@torch.no_grad()
def five_crop_features(net: AttiqaNet, pictures: Sequence[Picture], crop: int) -> Views:
    """Return the encoder's pooled features of the five crops that a Scorer looks at, on the CPU."""
    net = _folded(net)
    return torch.stack(
        [
            net.features(torch.cat(five_crops(to_images(picture[None]).to(net.device), crop))).cpu()
            for picture in pictures
        ]
    )


@torch.no_grad()
def predict_views(net: AttiqaNet, views: Views) -> Scores:
    """Return the MOS in [0, 1], averaged over each picture's views, as a five-crop Scorer does."""
    net.eval()
    return net.mos(views.flatten(0, 1).to(net.device)).view(views.shape[:2]).mean(1).cpu()


def parameter_groups(net: AttiqaNet, lr: float, new_layers_factor: float) -> list[dict]:
    """Return two groups: the pretrained layers at `lr`, the regressor at `lr * new_layers_factor`; none that is frozen.

    The heads' output layers take no part in the MOS and are left as they are.
    """
    pretrained = [*net.encoder.parameters(), *net.heads_hidden.parameters()]
    return [
        {"params": [parameter for parameter in pretrained if parameter.requires_grad], "lr": lr},
        {"params": list(net.regressor.parameters()), "lr": lr * new_layers_factor},
    ]
