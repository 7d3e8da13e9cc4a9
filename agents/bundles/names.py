"""What the files of a policy's bundle are called; loads nothing."""

from pathlib import Path

DESCRIPTION, VERDICT, SUMMARY, SCORER = "policy.json", "verdict.json", "summary.json", "scorer"
"""The last is a folder: the scorer that a policy was trained against, where it travels with it."""


def is_onnx(reference: str | Path) -> bool:
    """Return whether a policy is named as one ONNX file and not as a bundle."""
    return str(reference).lower().endswith(".onnx")
