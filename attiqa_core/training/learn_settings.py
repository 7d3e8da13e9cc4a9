"""Learning to read off a picture by how much its settings are off: on photos without human scores, set otherwise on purpose.

The result is a scorer whose score falls as any of them is off. Which photos are good is not asked: that most are set about as
they should be is enough.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from attiqa_core.distortions.photo_ladders import square_at
from attiqa_core.distortions.settings import SETTINGS, SPREAD, Settings, drawn, set_otherwise
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.settings_regressor import SettingsRegressor
from attiqa_core.photos.images import Picture, to_images
from attiqa_core.tensors import Images
from attiqa_core.training.checkpoint import is_begun
from attiqa_core.training.loop import seed_from, train
from attiqa_core.training.recipe import SettingsRecipe
from attiqa_core.training.scoring import pooling
from attiqa_core.training.solve_regressor import measure_if_never_trained

LEAST_FIELD = 0.6
"""Of the short edge, the side of the smallest square that is shown; the largest is all of it."""

BETA = 0.3  # where the loss turns from squares to differences, in units of `SPREAD`
MEASURED_ON = 20  # steps' pictures whose pooled features are standardised by
EVALUATED_TWICE = 2  # each held-out photo, set otherwise so often


def learn_settings(
    net: AttiqaNet,
    pictures: Sequence[Picture],
    recipe: SettingsRecipe,
    *,
    seed: int = 0,
    run: Path | None = None,
    quiet: bool = False,
    after_epoch: Callable[[], dict] = dict,
) -> None:
    """Train a network with a settings regressor in place, batch statistics fixed; its score is 1 less what settings cost.

    An epoch shows as many squares as there are pictures, each drawn anew. Seed, run folder and `after_epoch` are those of
    `attiqa_core.training.loop.train`.
    """
    regressor = net.regressor
    assert isinstance(regressor, SettingsRegressor), "settings are read by a settings regressor"
    net.fix_statistics()
    pooled = pooling(net)
    steps = max(1, len(pictures) // recipe.batch)
    if not is_begun(run):
        _standardise(net, pictures, recipe, seed)

    def losses(generator: torch.Generator) -> Iterator[Tensor]:
        for step in range(steps):
            chance = torch.Generator(net.device).manual_seed(seed_from(generator.initial_seed(), step))
            photos = squares(pictures, recipe.batch, recipe.side, chance)
            settings = drawn(len(photos), chance)
            yield reading_loss(net, pooled(set_otherwise(photos, settings)), settings)

    train(
        net,
        torch.optim.AdamW(
            [
                {"params": [*net.encoder.parameters()], "lr": recipe.lr},
                {"params": [*regressor.reader.parameters()], "lr": recipe.lr * recipe.new_layers_factor},
            ],
            weight_decay=recipe.weight_decay,
        ),
        losses,
        epochs=recipe.epochs,
        steps_per_epoch=steps,
        images_per_epoch=steps * recipe.batch,
        warmup=recipe.warmup,
        clip_norm=recipe.clip_norm or math.inf,
        average=recipe.average,
        seed=seed,
        run=run,
        after_epoch=after_epoch,
        label="settings",
        quiet=quiet,
    )


def reading_loss(net: AttiqaNet, features: Tensor, settings: Settings) -> Float[Tensor, ""]:
    """Return how far what the network reads off pooled features is from these settings, in units of `SPREAD`."""
    scale = settings.new_tensor(SPREAD)
    return F.smooth_l1_loss(net.settings_off(features) / scale, settings / scale, beta=BETA)


def squares(pictures: Sequence[Picture], count: int, side: int, chance: torch.Generator) -> Images:
    """Return so many squares of drawn pictures, at drawn places and scales, half of them mirrored, (count, 3, side, side)."""
    device = chance.device
    chosen = torch.randint(len(pictures), (count,), generator=chance, device=device).tolist()
    places = torch.rand(count, 4, generator=chance, device=device).tolist()
    return torch.cat(
        [
            square_at(pictures[index], LEAST_FIELD + (1 - LEAST_FIELD) * size, place, side, device)
            for index, (size, *place) in zip(chosen, places, strict=True)
        ]
    )


@torch.no_grad()
def _standardise(net: AttiqaNet, pictures: Sequence[Picture], recipe: SettingsRecipe, seed: int) -> None:
    """Measure what pooled features are standardised by, on pictures as a training shows them."""
    chance = torch.Generator(net.device).manual_seed(seed_from(seed, 1))
    seen = []
    for _ in range(MEASURED_ON):
        photos = squares(pictures, recipe.batch, recipe.side, chance)
        seen.append(net.features(set_otherwise(photos, drawn(len(photos), chance))))
    measure_if_never_trained(net, torch.cat(seen))


@torch.inference_mode()
def reading_errors(
    read: Callable[[Images], Settings], pictures: Sequence[Picture], seed: int = 0
) -> dict[str, dict[str, Any]]:
    """Return how well settings are read off pictures that were set otherwise by drawn amounts: for each of `SETTINGS` the
    root of the mean squared error, that of always saying 0, and the correlation of what is read with what was drawn."""
    chance = torch.Generator().manual_seed(seed_from(seed, 2))
    wanted, said = [], []
    for picture in pictures:
        photo = to_images(picture[None])
        for settings in drawn(EVALUATED_TWICE, chance).split(1):
            said.append(read(set_otherwise(photo, settings)).cpu())
            wanted.append(settings)
    told, true = torch.cat(said), torch.cat(wanted)
    return {
        name: {
            "rmse": float((told[:, column] - true[:, column]).square().mean().sqrt()),
            "rmse of 0": float(true[:, column].square().mean().sqrt()),
            "correlation": float(torch.corrcoef(torch.stack([told[:, column], true[:, column]]))[0, 1]),
        }
        for column, name in enumerate(SETTINGS)
    }
