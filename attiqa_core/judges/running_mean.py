"""A judge's mean score over many batches, with the three calls of torchmetrics, which need not be installed."""

import torch
from torch import Tensor

from attiqa_core.errors import UsageError
from attiqa_core.judges.judge import Judge
from attiqa_core.photos.accepted import Accepted


class RunningMean:
    """The mean score over all pictures since the last `reset`; each picture counts once, whatever the batches.

    `update`, `compute`, `reset`, and a call, which updates and returns the batch's own mean, do what torchmetrics' do, in
    one process. A MetricCollection takes subclasses of torchmetrics.Metric alone; in one, write::

        class Quality(torchmetrics.MeanMetric):
            def __init__(self, judge):
                super().__init__()
                self.judge = judge

            def update(self, images):
                super().update(self.judge.score(images))
    """

    higher_is_better = True
    is_differentiable = False

    def __init__(self, judge: Judge):
        self.judge = judge
        self.reset()

    def reset(self) -> None:
        """Forget every picture."""
        self.pictures = 0
        self._total = torch.zeros(
            (), dtype=torch.float64, device=self.judge.device
        )  # of millions, fp32 would lose some

    def update(self, images: Accepted) -> None:
        """Score pictures and remember them. Raises: InputError for what is no display sRGB in [0, 1]."""
        self(images)

    def compute(self) -> Tensor:
        """Return the mean, one float32 number. Raises: UsageError before the first picture."""
        if not self.pictures:
            raise UsageError(f"{self.judge.name}: has seen no picture; call `update` before `compute`")
        return (self._total / self.pictures).float()

    def __call__(self, images: Accepted) -> Tensor:
        """Remember pictures as `update` does, and return the mean of these alone."""
        scores = self.judge.score(images).double()
        self._total += scores.sum()
        self.pictures += len(scores)
        return scores.mean().float()
