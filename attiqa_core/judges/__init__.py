"""Judges: everything that scores an image, behind one protocol and one front door, `create_metric`."""

from attiqa_core.judges.judge import PUBLISHED_BASELINES, Baseline, Judge, create_metric

__all__ = ["PUBLISHED_BASELINES", "Baseline", "Judge", "create_metric"]
