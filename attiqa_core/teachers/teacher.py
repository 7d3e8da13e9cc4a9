"""What a teacher is: it turns unlabelled photos into lessons, images and what ranks above what among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from attiqa_core.tensors import AttributeScores, Groups, Images


@dataclass(frozen=True)
class Lesson:
    """One batch to learn to rank.

    A label is NaN where its attribute cannot be compared for that image. Pairs are ranked only within one
    group. `across_photos` says that every pair is comparable, those of two lessons too; groups are all zeros then.
    """

    images: Images
    labels: AttributeScores
    groups: Groups
    across_photos: bool


class Teacher(Protocol):
    """Makes lessons from photos. `provenance` names everything that the labels depend on, ready for JSON."""

    @property
    def name(self) -> str: ...

    def lesson(self, photos: Images, generator: torch.Generator) -> Lesson: ...

    def provenance(self) -> dict[str, Any]: ...


class LabellingTeacher(Teacher, Protocol):
    """A teacher that scores any image on its own; higher is more of the attribute, or cleaner.

    Photos go through it in three steps: `prepare` one photo, uint8 (height, width, 3), in a reading thread; `encode`
    a batch of them into the rows that are cached, which `rows` names; derive `labels` from rows, one column for each
    of `attribute_names`. `encoder` is what the rows depend on, its "precision" ("fp32" or "bf16") among it; `golden` is
    the row of the golden image.
    """

    @property
    def rows(self) -> str: ...

    @property
    def attribute_names(self) -> tuple[str, ...]: ...

    def attributes(self, images: Images) -> AttributeScores: ...

    def prepare(self, rgb: np.ndarray) -> Tensor: ...

    def encode(self, prepared: Sequence[Tensor]) -> Tensor: ...

    def labels(self, rows: Tensor, /) -> AttributeScores: ...

    def encoder(self) -> dict[str, Any]: ...

    def golden(self) -> list[float]: ...


@runtime_checkable
class ReducedPrecision(Protocol):
    """What a `LabellingTeacher` has besides if its encoder may compute in less than fp32.

    Its labels are compared with those of the same teacher `in_fp32`. `automatic`: nobody asked for the precision, so that
    fp32 may stand in for it.
    """

    @property
    def automatic(self) -> bool: ...

    def in_fp32(self) -> LabellingTeacher: ...
