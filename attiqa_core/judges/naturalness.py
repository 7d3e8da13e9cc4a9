"""Judges without human scores: how far a picture's statistics lie from those of pristine photos, and their files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import msgspec
import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.files.described import Hash, Words, read_description
from attiqa_core.files.whole import sha256, write_json
from attiqa_core.network.frozen_judge import FrozenJudge
from attiqa_core.sharing.shipped import SHIPPED
from attiqa_core.tensor_files import load_tensors, save_tensors
from attiqa_core.tensors import AttributeScores, Images, PerImage, Scores

FORMAT = "attiqa-naturalness/1"
FEWEST_PHOTOS = 20  # with fewer the typical distance is that of single photos
TENSORS = ("mean", "covariance", "typical")


class NaturalnessFile(msgspec.Struct, frozen=True):
    """What KIND.json holds."""

    format: Literal["attiqa-naturalness/1"]
    kind: Words
    statistics: tuple[Words, ...]
    sha256: Hash
    provenance: dict[str, Any] = {}


@dataclass(frozen=True)
class Pristine:
    """What pristine photos are like: a Gaussian over their statistics, float64."""

    mean: Float[Tensor, " statistics"]
    covariance: Float[Tensor, "statistics statistics"]
    typical: Float[Tensor, ""]
    """The median distance of the photos themselves from it."""


def naturalness(squared_distance: PerImage, typical: Tensor) -> Scores:
    """Return 1 / (1 + (d / 2t)^2) for distances d: 1 at none, 0.8 where half of the pristine photos lie, 0.5 at twice that.

    Falls with the distance and stays above 0, so that the order of distances is kept.
    """
    return 1 / (1 + squared_distance / (2 * typical).square())


class Naturalness(FrozenJudge):
    """Scores in [0, 1] by the distance of a picture's statistics from pristine photos; it knows no attributes.

    One look at the whole picture, whatever is asked of `crops`. A subclass says what the statistics are and how distance is
    taken (`squared_distance`), and how files of its kind are called. An image passes by itself: its score is the same bits
    in any batch.
    """

    bounded = True
    crops = 1
    attribute_names: tuple[str, ...] = ()
    kind: str
    """The name of its kind in `JUDGES`, and of the one that ships."""
    statistics: tuple[str, ...]
    """What the columns of its Gaussian are."""
    mean: Tensor
    covariance: Tensor
    typical: Tensor

    def __init__(self, pristine: Pristine, *, name: str, sha256: str, folder: Path):
        super().__init__()
        for tensor in TENSORS:
            self.register_buffer(tensor, getattr(pristine, tensor))
        self.name, self.sha256, self.folder = name, sha256, folder
        self.reference = name if folder.parent == SHIPPED else str(folder.resolve())

    def squared_distance(self, image: Images) -> PerImage:
        """Return how far one image (batch of 1) lies from the pristine photos, squared; infinite if it has no statistics."""
        raise NotImplementedError

    @property
    def device(self) -> torch.device:
        return self.mean.device

    def _read(self, images: Images) -> tuple[Scores, AttributeScores]:
        distances = torch.cat([self.squared_distance(image) for image in images.split(1)])
        return naturalness(distances, self.typical).to(torch.float32), images.new_zeros(len(images), 0)

    def to_mos(self, scores: Scores) -> Scores:
        """Return the scores as they are: no human scale stands behind them."""
        return scores

    def with_crops(self, crops: int) -> Self:
        """Return this judge: it looks at the whole picture."""
        return self

    @classmethod
    def load(cls, reference: str | Path, device: str | torch.device = "cpu", crops: int = 1) -> Self:
        """Return the judge shipped under its kind's name, or stored in a folder. Raises: InputError for what is not whole."""
        folder = SHIPPED / cls.kind if str(reference) == cls.kind else Path(reference)
        path = folder / description_of(cls.kind)
        described = read_description(path, NaturalnessFile, "fit it again")
        if (described.kind, described.statistics) != (cls.kind, cls.statistics):
            raise InputError(f"{path}: is no {FORMAT} of {cls.kind} with its statistics; fit it again")
        tensors = load_tensors(weights := folder / weights_of(cls.kind), described.sha256)
        count = len(cls.statistics)
        if {name: tuple(each.shape) for name, each in tensors.items()} != {
            "mean": (count,),
            "covariance": (count, count),
            "typical": (),
        } or not float(tensors["typical"]) > 0:
            raise InputError(f"{weights}: holds no Gaussian over {count} statistics; fit it again")
        pristine = Pristine(**{name: tensors[name] for name in TENSORS})
        return cls(pristine, name=folder.name, sha256=described.sha256, folder=folder).to(device)

    @classmethod
    def save(cls, folder: Path, pristine: Pristine, provenance: Mapping[str, Any]) -> Path:
        """Write the Gaussian and a description that names it, and return the folder."""
        weights = folder / weights_of(cls.kind)
        save_tensors(weights, {name: getattr(pristine, name) for name in TENSORS})
        described = {"format": FORMAT, "kind": cls.kind, "statistics": cls.statistics, "sha256": sha256(weights)}
        write_json(folder / description_of(cls.kind), {**described, "provenance": provenance}, seal=True)
        return folder


def description_of(kind: str) -> str:
    """Return the name of the file by which a folder is known to hold a judge of this kind."""
    return f"{kind}.json"


def weights_of(kind: str) -> str:
    """Return the name of the file that holds the tensors of a judge of this kind."""
    return f"{kind}.safetensors"


def enough(photos: Sequence[object], kind: str) -> None:
    """Raises: InputError if too few photos were read to say what pristine ones are like."""
    if len(photos) < FEWEST_PHOTOS:
        raise InputError(f"{kind}: {len(photos)} photos are too few to say what photos are like; give {FEWEST_PHOTOS}")
