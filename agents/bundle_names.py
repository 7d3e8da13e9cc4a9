"""What the files of a policy's bundle are called: readable without torch."""

DESCRIPTION, VERDICT, SUMMARY = "policy.json", "verdict.json", "summary.json"
SCORER = "scorer"
"""The folder of the scorer, where it came along."""
