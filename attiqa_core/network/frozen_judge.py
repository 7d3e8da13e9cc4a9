"""What every judge here does around its own reading of a batch: the door, evaluation for good, full precision."""

from pathlib import Path
from typing import Self

import torch
from torch import nn

from attiqa_core.errors import UsageError
from attiqa_core.photos.accepted import Accepted, accepted_batches
from attiqa_core.tensors import AttributeScores, Images, Scores


class FrozenJudge(nn.Module):
    """A judge (`judges.judge.Judge`) around `_read`, which a subclass has to write.

    It stays in evaluation whatever module owns it, and reads in float32 whatever autocast is around it: in bfloat16
    neighbouring qualities would tie. Pictures come in every form of `photos.accepted.Accepted`; the entries of a list are
    scored one by one. `score` and `attributes` refuse NaN and values outside [0, 1] on any device, a call does so on the
    CPU, `read` never: it is the hot path of an environment, and the search would wait for the device.
    """

    name: str
    device: torch.device
    folder: Path | None = None
    """Where its files lie, and its `gate.json` beside them; None for a judge without a folder of its own."""
    differentiable: bool = True
    """Whether gradients flow to the images; where not, asking for them is refused."""
    bounded: bool = False
    """Whether scores are sure to lie in [0, 1]; otherwise they are about [0, 1], and bad pictures may fall below."""
    lower_better: bool = False
    """Always False: higher is better whatever the judge."""

    @property
    def metric_name(self) -> str:
        """The judge's name, where pyiqa's users look for it."""
        return self.name

    @property
    def score_range(self) -> str:
        """The range of scores in pyiqa's words, "~" before a typical bound: "0, 1" if `bounded`, else "~0, ~1"."""
        return "0, 1" if self.bounded else "~0, ~1"

    def train(self, mode: bool = True) -> Self:
        """Return the judge, in evaluation as ever: a frozen network has nothing to learn."""
        return super().train(False)

    def forward(self, images: Accepted) -> Scores:
        """Return scores, higher is better; gradients flow to the images."""
        return self._judged(images, values=self.device.type == "cpu")[0]

    @torch.no_grad()
    def score(self, images: Accepted) -> Scores:
        """Return scores, higher is better, without recording gradients."""
        return self._judged(images, values=True)[0]

    @torch.no_grad()
    def attributes(self, images: Accepted) -> AttributeScores:
        """Return the attribute scores, unbounded, a column for each of `attribute_names`."""
        return self._judged(images, values=True)[1]

    def read(self, images: Accepted) -> tuple[Scores, AttributeScores]:
        """Return scores and attribute scores from one pass; gradients flow to the images. Values are trusted."""
        return self._judged(images, values=False)

    def _judged(self, given: Accepted, *, values: bool) -> tuple[Scores, AttributeScores]:
        parts = [self._without_autocast(images) for images in accepted_batches(given, values=values)]
        if len(parts) == 1:
            return parts[0]
        scores, attributes = zip(*parts, strict=True)
        return torch.cat(scores), torch.cat(attributes)

    def _without_autocast(self, images: Images) -> tuple[Scores, AttributeScores]:
        if torch.is_grad_enabled() and images.requires_grad and not self.differentiable:
            raise UsageError(f"{self.name}: gives no gradients; climb another judge, or call `score`")
        device = self.device
        with torch.autocast(device.type, enabled=False):
            return self._read(images.to(device))

    def _read(self, images: Images) -> tuple[Scores, AttributeScores]:
        """Return scores and attribute scores of float32 images on `device`, each from its own image alone."""
        raise NotImplementedError
