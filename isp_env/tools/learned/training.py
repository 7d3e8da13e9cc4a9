"""Training of one network against its defect: drawn crops, drawn severities, and photos that nothing is wrong with."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attiqa_core.photos.images import Picture
from attiqa_core.tensors import Images
from attiqa_core.training.loop import train
from isp_env.tools.defects import DEFECTS
from isp_env.tools.learned.networks import fresh_network
from isp_env.tools.learned.recipe import NetworkRecipe
from isp_env.tools.learned.samples import local_pairs, whole_pairs
from isp_env.tools.learned.table import Network

CHARBONNIER = 1e-3  # of display values, below which an error counts as a square. Lai et al. 2017 (LapSRN), section 3.3


def charbonnier(images: Images, wanted: Images) -> Float[Tensor, ""]:
    """Return the mean of sqrt(error^2 + 1e-3^2) - 1e-3: an absolute error that is smooth at 0."""
    return ((images - wanted).square() + CHARBONNIER**2).sqrt().mean() - CHARBONNIER


def train_network(
    network: Network,
    photos: Sequence[Picture],
    recipe: NetworkRecipe,
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    run: Path | None = None,
    quiet: bool = False,
) -> nn.Module:
    """Return the network, trained on photos, each at least `recipe.patch` + 16 px a side.

    Seed and run folder are those of `attiqa_core.training.loop.train`: what an interrupted run stored there is gone on from.
    """
    net = fresh_network(network, torch.Generator().manual_seed(seed)).to(device).to(memory_format=torch.channels_last)  # pyright: ignore
    defect = DEFECTS[network.defect]
    pairs = local_pairs if network.model == "residual" else whole_pairs
    rounds = max(1, round(recipe.steps / recipe.steps_of_round))
    steps = max(1, round(recipe.steps / rounds))

    def losses(generator: torch.Generator) -> Iterator[Tensor]:
        for _ in range(steps):
            chosen = torch.randint(len(photos), (recipe.batch,), generator=generator).tolist()
            wanted, shown = pairs([photos[each] for each in chosen], defect, recipe.patch, recipe.clean, generator)
            wanted, shown = wanted.to(device), shown.to(device)
            yield charbonnier(net(shown, shown.new_ones(len(shown))), wanted)

    train(
        net,
        torch.optim.Adam(net.parameters(), recipe.lr),
        losses,
        epochs=rounds,
        steps_per_epoch=steps,
        images_per_epoch=steps * recipe.batch,
        warmup=recipe.warmup,
        clip_norm=recipe.clip_norm,
        seed=seed,
        run=run,
        label=network.name,
        quiet=quiet,
    )
    return net
