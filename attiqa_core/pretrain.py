"""Attribute-aware pretraining: the network learns to rank images by five attributes as its teachers do."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.images import Picture, centre_crop, random_crops, to_images
from attiqa_core.losses import ranking_loss
from attiqa_core.metrics import ranking_accuracy
from attiqa_core.model import AttiqaNet
from attiqa_core.teachers import Lesson, Teacher
from attiqa_core.training import train


def pretrain(
    net: AttiqaNet,
    photos: Sequence[Picture],
    teachers: Sequence[Teacher],
    *,
    held_out: Sequence[Picture] = (),
    epochs: int = 30,
    batch: int = 256,
    crop: int = 224,
    optimizer: str = "sgd",
    lr: float = 0.1,
    weight_decay: float = 1e-4,
    margin: float = 0.1,
    seed: int = 0,
    run: Path | None = None,
) -> None:
    """Train encoder and attribute heads in place on lessons made from `photos`.

    `batch` counts photos; a teacher that distorts makes several images of each. The first teacher makes the images of a
    lesson, the others label the same images. `lr` is scaled by batch / 256 (open point 12).
    Source: ATTIQA, section 3.4.
    """
    device = net.device
    steps = max(1, len(photos) // batch)

    def losses(generator: torch.Generator) -> Iterator[Tensor]:
        order = torch.randperm(len(photos), generator=generator).tolist()
        for start in range(0, steps * batch, batch):
            crops = random_crops([photos[index] for index in order[start : start + batch]], crop, generator)
            lessons = teach(teachers, crops.to(device), generator)
            scores = net.attributes(lessons[0].images)
            yield torch.stack([ranking_loss(scores, each.labels, margin, each.groups) for each in lessons]).sum()

    def after_epoch() -> dict:
        return {"held_out_ranking_accuracy": held_out_accuracy(net, held_out, teachers, crop)} if held_out else {}

    train(
        net,
        make_optimizer(net, optimizer, lr * batch / 256, weight_decay),
        losses,
        epochs=epochs,
        steps_per_epoch=steps,
        seed=seed,
        run=run,
        after_epoch=after_epoch,
        label="pretrain",
    )


def teach(teachers: Sequence[Teacher], photos: Tensor, generator: torch.Generator) -> list[Lesson]:
    """Return one lesson per teacher about the same images: those that the first teacher makes of the photos."""
    first = teachers[0].lesson(photos, generator)
    return [first, *(teacher.lesson(first.images, generator) for teacher in teachers[1:])]


def make_optimizer(net: AttiqaNet, name: str, lr: float, weight_decay: float) -> torch.optim.Optimizer:
    """Return "sgd" (momentum 0.9) or "adamw" over the encoder and the attribute heads."""
    learned = [
        parameter
        for key, parameter in net.named_parameters()
        if parameter.requires_grad and not key.startswith("regressor.")
    ]
    if name == "sgd":
        return torch.optim.SGD(learned, lr=lr, momentum=0.9, weight_decay=weight_decay)
    return torch.optim.AdamW(learned, lr=lr, weight_decay=weight_decay)


@torch.no_grad()
def held_out_accuracy(
    net: AttiqaNet, photos: Sequence[Picture], teachers: Sequence[Teacher], crop: int
) -> dict[str, dict[str, float | None]]:
    """Return, per teacher and attribute, the share of comparable pairs ranked as the teacher does, on central crops."""
    net.eval()
    generator = torch.Generator().manual_seed(0)
    images = to_images(torch.stack([centre_crop(photo, crop) for photo in photos])).to(net.device)
    lessons = teach(teachers, images, generator)
    with torch.compiler.set_stance("force_eager"):
        scores = torch.cat([net.attributes(part) for part in lessons[0].images.split(32)]).cpu()
    return {
        teacher.name: {
            attribute: _accuracy(scores[:, index], lesson.labels[:, index].cpu(), lesson.groups.cpu())
            for index, attribute in enumerate(ATTRIBUTES)
        }
        for teacher, lesson in zip(teachers, lessons, strict=True)
    }


def _accuracy(scores: Tensor, labels: Tensor, groups: Tensor) -> float | None:
    per_group = [ranking_accuracy(scores[groups == group], labels[groups == group]) for group in groups.unique()]
    defined = [value for value in per_group if value is not None]
    return sum(defined) / len(defined) if defined else None
