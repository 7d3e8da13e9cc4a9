"""Evaluation: splits, metrics, intervals, similarity."""
