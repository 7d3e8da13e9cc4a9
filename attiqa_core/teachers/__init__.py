"""Teachers turn unlabelled photos into lessons: images and what ranks above what among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from attiqa_core.images import Picture
from attiqa_core.tensors import AttributeScores, Groups, Images


@dataclass(frozen=True)
class Lesson:
    """One batch to learn to rank.

    A label is NaN where its attribute cannot be compared for that image. Pairs are ranked only within one
    group; all zeros ranks every pair.
    """

    images: Images
    labels: AttributeScores
    groups: Groups


class Teacher(Protocol):
    """Makes lessons from photos. `provenance` names everything that the labels depend on, ready for JSON."""

    @property
    def name(self) -> str: ...

    def lesson(self, photos: Images, generator: torch.Generator) -> Lesson: ...

    def provenance(self) -> dict[str, Any]: ...


class LabellingTeacher(Teacher, Protocol):
    """A teacher that scores any image on its own; higher is more of the attribute, or cleaner.

    `attributes` takes a batch; `measure` takes decoded photos of any sizes and returns what is worth a file:
    "labels" and, where the teacher has them, "embeddings", a row for each photo.
    """

    def attributes(self, images: Images) -> AttributeScores: ...

    def measure(self, pictures: Sequence[Picture]) -> dict[str, Tensor]: ...
