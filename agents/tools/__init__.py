"""Agents that pick tools: algorithms over masked choices, choosers to compare with, policies as data."""
