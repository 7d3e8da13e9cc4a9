"""What the files of a policy's bundle are called; loads nothing."""

DESCRIPTION, VERDICT, SUMMARY, SCORER = "policy.json", "verdict.json", "summary.json", "scorer"
"""The last is a folder: the scorer that a policy was trained against, where it travels with it."""
