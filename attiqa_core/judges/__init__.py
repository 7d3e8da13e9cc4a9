"""Judges: everything that scores an image, behind one protocol and one front door, `create_metric`."""

from attiqa_core.judges.judge import JUDGES, Judge, create_metric
from attiqa_core.judges.published import PUBLISHED_BASELINES, Baseline

__all__ = ["JUDGES", "PUBLISHED_BASELINES", "Baseline", "Judge", "create_metric"]
