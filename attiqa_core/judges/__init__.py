"""Judges: everything that scores an image, behind one protocol and one front door, `create_metric`."""

from attiqa_core.judges.judge import JUDGES, Judge, create_metric
from attiqa_core.judges.published import PUBLISHED_BASELINES, Baseline
from attiqa_core.judges.running_mean import RunningMean

__all__ = ["JUDGES", "PUBLISHED_BASELINES", "Baseline", "Judge", "RunningMean", "create_metric"]
