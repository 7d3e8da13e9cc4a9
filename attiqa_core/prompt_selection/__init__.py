"""Choosing antonym prompts: proxy tasks, the search over all pairs, and its report. The words are in `attiqa_core.prompts`."""
