"""Lessons: what teachers say about a batch of photos, and how far the network agrees on photos that it never saw."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from attiqa_core.evaluation.metrics import ranking_accuracy
from attiqa_core.labelling.cached_teacher import CachedTeacher
from attiqa_core.network.architecture import Precision
from attiqa_core.network.model import AttiqaNet
from attiqa_core.photos.images import Picture, to_images
from attiqa_core.photos.picture_cache import CENTRE, CropPlan, PictureCache, crops_ahead
from attiqa_core.teachers.teacher import Lesson, Teacher
from attiqa_core.tensors import AttributeScores, Images


class AttributeModule(nn.Module):
    """The network's attribute scores as a module's forward, which DistributedDataParallel needs.

    In bf16 only the encoder is: scores that differ by less than the margin would become equal.
    """

    def __init__(self, net: AttiqaNet, precision: Precision = "fp32"):
        super().__init__()
        self.net, self.precision = net, precision

    def forward(self, images: Images) -> AttributeScores:
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
            features = self.net.features(images)
        return self.net.attribute_scores(self.net.hidden(features.to(self.net.heads_output.dtype)))


def lessons_about(
    teachers: Sequence[Teacher | CachedTeacher], photos: Images, indices: Tensor, generator: torch.Generator
) -> list[Lesson]:
    """Return a lesson of each teacher: cached ones label the photos as they are; of the others the first makes the
    images and the rest label the same ones."""
    cached = [each.about(indices).lesson(photos, generator) for each in teachers if isinstance(each, CachedTeacher)]
    online = [each for each in teachers if not isinstance(each, CachedTeacher)]
    if not online:
        return cached
    first = online[0].lesson(photos, generator)
    return [*cached, first, *(teacher.lesson(first.images, generator) for teacher in online[1:])]


def scores_about(scores_of: Callable[[Images], AttributeScores], lessons: Sequence[Lesson]) -> list[AttributeScores]:
    """The network's scores of each lesson's images, in one pass over the distinct ones."""
    distinct = list({id(lesson.images): lesson.images for lesson in lessons}.values())
    images = distinct[0] if len(distinct) == 1 else torch.cat(distinct)
    parts = scores_of(images).split([len(each) for each in distinct])
    of = {id(each): part for each, part in zip(distinct, parts, strict=True)}
    return [of[id(lesson.images)] for lesson in lessons]


def present(photos: Sequence[Picture], plan: CropPlan) -> Tensor:
    """The numbers of the photos that were cropped: those planned, or what stood in for them."""
    stand_ins = photos.stand_ins if isinstance(photos, PictureCache) else {}
    return torch.tensor([stand_ins.get(index, index) for index in plan.indices.tolist()])


@torch.no_grad()
def held_out_accuracy(
    scores_of: AttributeModule,
    photos: Sequence[Picture],
    held_out: Sequence[int],
    teachers: Sequence[Teacher | CachedTeacher],
    crop: int,
) -> dict[str, dict[str, float | None]]:
    """Return, per teacher and attribute, the share of comparable pairs ranked as the teacher does, on central crops.

    Photos that cannot be read are left out.
    """
    net = scores_of.net.eval()
    generator = torch.Generator().manual_seed(0)
    plans = [CropPlan(each, torch.tensor(CENTRE).expand(len(each), 3)) for each in torch.tensor(held_out).split(32)]
    measured: list[list[tuple[Tensor, Tensor, Tensor]]] = [[] for _ in teachers]
    groups = 0
    with torch.compiler.set_stance("force_eager"):
        for plan, crops in zip(plans, crops_ahead(photos, plans, crop, device=net.device), strict=True):
            readable = present(photos, plan) == plan.indices
            lessons = lessons_about(teachers, to_images(crops[readable]), plan.indices[readable], generator)
            for rows, scores, lesson in zip(measured, scores_about(scores_of, lessons), lessons, strict=True):
                apart = lesson.groups if lesson.across_photos else lesson.groups + groups
                rows.append((scores.cpu(), lesson.labels.cpu(), apart.cpu()))
            groups += len(crops)
    ordered = sorted(teachers, key=lambda each: not isinstance(each, CachedTeacher))  # as in lessons_about
    return {
        teacher.name: _accuracies(net.arch.attributes, *map(torch.cat, zip(*rows, strict=True)))
        for teacher, rows in zip(ordered, measured, strict=True)
    }


def _accuracies(attributes: Sequence[str], scores: Tensor, labels: Tensor, groups: Tensor) -> dict[str, float | None]:
    return {name: _accuracy(scores[:, index], labels[:, index], groups) for index, name in enumerate(attributes)}


def _accuracy(scores: Tensor, labels: Tensor, groups: Tensor) -> float | None:
    per_group = [ranking_accuracy(scores[groups == group], labels[groups == group]) for group in groups.unique()]
    defined = [value for value in per_group if value is not None]
    return sum(defined) / len(defined) if defined else None
