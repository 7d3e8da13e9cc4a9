"""The QualiCLIP teacher: labels from an image encoder that was tuned to rank degradations, as `attiqa qualiclip` stored it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import UsageError
from attiqa_core.files.whole import read_json
from attiqa_core.judges.qualiclip import DESCRIPTION, load_qualiclip, read_described
from attiqa_core.photos.images import centre_crop, resize_short_edge, to_images, to_picture
from attiqa_core.teachers.golden import golden_image
from attiqa_core.teachers.teacher import Lesson
from attiqa_core.tensors import AttributeScores, Embeddings, Images


class QualiClipTeacher:
    """Labels photos with differences of cosines: of the trained quality prompts ("quality"), or of Table 1's ("table1").

    The five attributes were not trained: their prompts only share the tuned image encoder. A photo is seen as in
    training, by its central crop.
    Raises: UsageError for "table1" on a stand-in, whose prompts have no language behind them.
    """

    name = "qualiclip"
    rows = "embeddings"

    def __init__(
        self,
        folder: Path | str,
        labels: Literal["quality", "table1"] = "quality",
        device: str | torch.device = "cpu",
    ):
        told = read_described(folder)
        self.described = read_json(Path(folder) / DESCRIPTION)
        if labels == "table1" and told.stand_in:
            raise UsageError(
                f"{folder}: its prompts are random directions; label with quality, which it was trained on"
            )
        self.judge = load_qualiclip(folder, device, crops=1)
        quality = labels == "quality"
        self.attribute_names = ("quality",) if quality else ATTRIBUTES
        self.directions = self.judge.quality if quality else self.judge.attributes_of

    def prepare(self, rgb: np.ndarray) -> Tensor:
        """A photo, uint8 (height, width, 3), as the uint8 picture that the encoder sees."""
        view = self.judge.view
        assert view.crop is not None, "QualiCLIP is trained on crops"
        return centre_crop(resize_short_edge(to_picture(rgb), view.resize), view.crop)

    @torch.inference_mode()
    def encode(self, prepared: Sequence[Tensor]) -> Embeddings:
        """Unit embeddings of prepared photos."""
        return self._embed(to_images(torch.stack(list(prepared))))

    def labels(self, rows: Tensor) -> AttributeScores:
        """Differences of cosines, a column for each of `attribute_names`."""
        return functional.normalize(rows.float(), dim=1) @ self.directions.to(rows.device).T

    @torch.no_grad()
    def attributes(self, images: Images) -> AttributeScores:
        """Labels of a batch in [0, 1] of any size, on its device."""
        return self.labels(self._embed(self.judge.view(images, 1)[0])).to(images.device)

    def lesson(self, photos: Images, generator: torch.Generator) -> Lesson:
        """The photos as they are, every pair comparable."""
        groups = torch.zeros(len(photos), dtype=torch.int64, device=photos.device)
        return Lesson(photos, self.attributes(photos), groups, across_photos=True)

    def encoder(self) -> dict[str, Any]:
        """What the embeddings depend on, ready for JSON."""
        return {"weights_sha256": self.judge.sha256, "view": self.described["view"], "precision": "fp32"}

    def golden(self) -> list[float]:
        """The unit embedding of the golden image, which a resumed run has to reproduce."""
        return self.encode([self.prepare(golden_image())])[0].tolist()

    def provenance(self) -> dict[str, Any]:
        kept = ("prompts", "attribute_prompts", "text", "stand_in", "model", "clip_sha256", "architecture")
        return {"teacher": self.name, **self.encoder(), **{key: self.described.get(key) for key in kept}}

    def _embed(self, crops: Images) -> Embeddings:
        return functional.normalize(self.judge.tower(crops.to(self.judge.device)).float(), dim=1)


def from_options(qualiclip: Path, device: str | torch.device) -> QualiClipTeacher:
    """Return the teacher of overall quality in a run of `attiqa qualiclip`; errors as `load_qualiclip`."""
    return QualiClipTeacher(qualiclip, device=device)
