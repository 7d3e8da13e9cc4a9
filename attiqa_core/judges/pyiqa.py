"""Judges from pyiqa, an optional package: pip install attiqa-isp[judges].

Its licence is CC BY-NC-SA 4.0 together with the NTU S-Lab licence, both for non-commercial use only (its README), and
weights come under their authors' terms; nothing of it is a part of this package.
"""

import hashlib
import importlib
import json
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from attiqa_core.errors import InputError, UsageError
from attiqa_core.machine.lacks import refuse_lack
from attiqa_core.network.frozen_judge import FrozenJudge
from attiqa_core.tensors import AttributeScores, Images, Scores

PREFIX = "pyiqa:"
PROBE_PX = 256  # large enough for every metric's own pyramid


class PyiqaJudge(FrozenJudge):
    """A no-reference metric of pyiqa as a judge: higher is better, its stated range is mapped to [0, 1].

    Where lower is better the score is turned round, which `name` says. Typical bounds ("~100") are used like strict
    ones, so that scores may leave [0, 1]; a metric without two bounds keeps its own numbers. pyiqa knows no attributes,
    and decides itself what it looks at, so that crops change nothing. Some of its metrics have no gradients.
    """

    name: str
    device: torch.device

    def __init__(self, metric: Any, metric_name: str, version: str, device: str | torch.device):
        super().__init__()
        self.metric = metric.eval().requires_grad_(False)
        self.lower_is_better = bool(metric.lower_better)
        self.bounds = score_bounds(metric.score_range)
        self.device = torch.device(device)
        self.reference = f"{PREFIX}{metric_name}"
        self.name = self.reference + (" (turned: lower was better)" if self.lower_is_better else "")
        self.version = version

    crops = 1
    attribute_names: tuple[str, ...] = ()

    @property
    def score_range(self) -> str:
        """The range of this judge's scores, "~0, ~1" or, where pyiqa knows no two bounds, "~, ~"; not the metric's own."""
        return super().score_range if self.bounds else "~, ~"

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

    @cached_property
    def differentiable(self) -> bool:  # type: ignore[override]
        """Whether this metric records gradients, found by asking it for the score of one small picture."""
        with torch.inference_mode(False), torch.enable_grad():
            picture = torch.rand(1, 3, PROBE_PX, PROBE_PX, device=self.device, requires_grad=True)
            try:
                return self._raw(picture).requires_grad
            except RuntimeError:  # what NumPy computes refuses tensors that record gradients
                return False

    def _read(self, images: Images) -> tuple[Scores, AttributeScores]:
        """One image at a time: metrics may resize or normalise by batch. The attributes have no columns."""
        raw = torch.cat([self._raw(image) for image in images.split(1)])
        scores = raw if self.bounds is None else (raw - self.bounds[0]) / (self.bounds[1] - self.bounds[0])
        if self.lower_is_better:
            scores = -scores if self.bounds is None else 1 - scores
        return scores, scores.new_zeros(len(scores), 0)

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


def pyiqa_judge(reference: str, device: str | torch.device = "cpu", crops: int = 1) -> PyiqaJudge:
    """Return the metric of pyiqa that "pyiqa:NAME" names; it decides itself what it looks at, whatever `crops` is.

    Raises: InputError without pyiqa or without its weights; UsageError for a name that it does not know and for metrics
    that need a reference picture.
    """
    metric_name = reference.removeprefix(PREFIX)
    try:
        package = importlib.import_module("pyiqa")
    except ModuleNotFoundError as error:
        raise InputError(
            f"{reference}: needs the package pyiqa; pip install attiqa-isp[judges] (non-commercial licence)"
        ) from error
    known = package.list_models(metric_mode="NR")
    if metric_name not in known:
        close = ", ".join(name for name in known if name[:4] == metric_name[:4]) or ", ".join(known[:5])
        raise UsageError(f"{reference}: no no-reference metric of pyiqa; near it: {close}")
    try:  # as a loss, because otherwise pyiqa records no gradients; unreduced, because a judge scores each image
        metric = package.create_metric(metric_name, as_loss=True, loss_reduction="none", device=torch.device(device))
    except Exception as error:  # the hub, the file system and torch raise classes of several libraries
        refuse_lack(error)
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise InputError(f"{reference}: could not be made ({reason}); go online once for its weights") from error
    return PyiqaJudge(metric, metric_name, getattr(package, "__version__", "unknown"), device)
