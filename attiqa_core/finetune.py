"""Fine-tuning: the heads' hidden features, concatenated, learn to predict human mean opinion scores."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from attiqa_core.images import Picture, random_crops
from attiqa_core.losses import mos_loss
from attiqa_core.model import AttiqaNet
from attiqa_core.tensors import Scores
from attiqa_core.training import train


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
) -> None:
    """Train the whole network in place on pictures and their MOS in [0, 1]: one random crop of each per epoch.

    Source: ATTIQA, section 3.5; optimiser and loss are open points 23 to 25.
    """
    device = net.mean.device
    batch = min(batch, len(pictures))
    steps = len(pictures) // batch
    optimizer = torch.optim.AdamW(parameter_groups(net, lr, new_layers_factor), weight_decay=weight_decay)

    def losses(generator: torch.Generator) -> Iterator[Tensor]:
        order = torch.randperm(len(pictures), generator=generator)
        for chosen in order[: steps * batch].split(batch):
            crops = random_crops([pictures[index] for index in chosen.tolist()], crop, generator)
            yield mos_loss(net(crops.to(device)), mos[chosen].to(device), loss, correlation_weight)

    train(
        net,
        optimizer,
        losses,
        epochs=epochs,
        steps_per_epoch=steps,
        seed=seed,
        run=run,
        label="finetune",
        quiet=quiet,
    )


def parameter_groups(net: AttiqaNet, lr: float, new_layers_factor: float) -> list[dict]:
    """Return two groups: the pretrained layers at `lr`, the regressor at `lr * new_layers_factor`; none that is frozen.

    The heads' output layers take no part in the MOS and are left as they are.
    """
    pretrained = [*net.encoder.parameters(), *net.heads_hidden.parameters()]
    return [
        {"params": [parameter for parameter in pretrained if parameter.requires_grad], "lr": lr},
        {"params": list(net.regressor.parameters()), "lr": lr * new_layers_factor},
    ]
