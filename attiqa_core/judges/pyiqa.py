"""Judges from pyiqa, an optional package: pip install attiqa-isp[judges].

Its licence is CC BY-NC-SA 4.0 together with the NTU S-Lab licence, both for non-commercial use only (its README), and
weights come under their authors' terms; nothing of it is a part of this package.
"""

import hashlib
import importlib
import json
from typing import Any

import torch
from torch import Tensor, nn

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import InputError, UsageError
from attiqa_core.tensors import AttributeScores, Images, Scores


class PyiqaJudge(nn.Module):
    """A no-reference metric of pyiqa as a judge: higher is better, its stated range is mapped to [0, 1].

    Where lower is better the score is turned round, which `name` says. Typical bounds ("~100") are used like strict
    ones, so that scores may leave [0, 1]; a metric without two bounds keeps its own numbers. pyiqa knows no attributes:
    they are 0. It decides itself what it looks at, so that crops change nothing.
    """

    def __init__(self, metric: Any, metric_name: str, version: str, device: str | torch.device):
        super().__init__()
        self.metric = metric.eval().requires_grad_(False)
        self.lower_is_better = bool(metric.lower_better)
        self.bounds = score_bounds(metric.score_range)
        self.device = torch.device(device)
        self.reference = f"pyiqa:{metric_name}"
        self.name = self.reference + (" (turned: lower was better)" if self.lower_is_better else "")
        self.version = version

    crops = 1
    attribute_names: tuple[str, ...] = ()

    def to_mos(self, scores: Scores) -> Scores:
        """Return the scores as they are: pyiqa's own scales differ."""
        return scores

    @property
    def sha256(self) -> str:
        """Of the package's version, the metric's name and its weights."""
        digest = hashlib.sha256(json.dumps([self.reference, self.version]).encode())
        for name, value in sorted(self.metric.state_dict().items()):
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
        return digest.hexdigest()

    def forward(self, images: Images) -> Scores:
        """Return scores, one image at a time: metrics may resize or normalise by batch. Gradients, where pyiqa has them."""
        raw = torch.cat([self._raw(image) for image in images.to(self.device).split(1)])
        if self.bounds is None:
            return -raw if self.lower_is_better else raw
        low, high = self.bounds
        scores = (raw - low) / (high - low)
        return 1 - scores if self.lower_is_better else scores

    def score(self, images: Images) -> Scores:
        """Return scores without recording gradients."""
        with torch.no_grad():
            return self(images).detach()

    def read(self, images: Images) -> tuple[Scores, AttributeScores]:
        """Return scores, and zeros in place of the five attributes, which an observation has and pyiqa does not know."""
        scores = self(images)
        return scores, scores.new_zeros(len(scores), len(ATTRIBUTES))

    def with_crops(self, crops: int) -> "PyiqaJudge":
        """Return this judge: pyiqa decides itself what it looks at."""
        return self

    def _raw(self, image: Images) -> Tensor:
        return self.metric(image.clamp(0, 1)).float().reshape(1)


def score_bounds(described: str | None) -> tuple[float, float] | None:
    """Return the bounds in pyiqa's description of a range ("~0, ~100"), or None where one is open or unknown."""
    parts = [part.strip().removeprefix("~") for part in (described or "").split(",")]
    if len(parts) != 2 or not all(parts):
        return None
    low, high = (float(part) for part in parts)
    return low, high


def pyiqa_judge(metric_name: str, device: str | torch.device = "cpu") -> PyiqaJudge:
    """Return a metric of pyiqa by its name there.

    Raises: InputError without pyiqa or without its weights; UsageError for a name that it does not know and for metrics
    that need a reference picture.
    """
    try:
        package = importlib.import_module("pyiqa")
    except ModuleNotFoundError as error:
        raise InputError(
            f"pyiqa:{metric_name}: needs the package pyiqa; pip install attiqa-isp[judges] (non-commercial licence)"
        ) from error
    known = package.list_models(metric_mode="NR")
    if metric_name not in known:
        close = ", ".join(name for name in known if name[:4] == metric_name[:4]) or ", ".join(known[:5])
        raise UsageError(f"pyiqa:{metric_name}: no no-reference metric of pyiqa; near it: {close}")
    try:  # as a loss, because otherwise pyiqa records no gradients; unreduced, because a judge scores each image
        metric = package.create_metric(metric_name, as_loss=True, loss_reduction="none", device=torch.device(device))
    except Exception as error:  # the hub, the file system and torch raise classes of several libraries
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise InputError(
            f"pyiqa:{metric_name}: could not be made ({reason}); go online once for its weights"
        ) from error
    return PyiqaJudge(metric, metric_name, getattr(package, "__version__", "unknown"), device)
