"""Stable-Baselines3 algorithms for the ISP task, one file each; `agents.algorithms` is their table."""
