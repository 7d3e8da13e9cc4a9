"""Antonym prompts: the words, the proxy tasks, the search over all pairs, and its report."""
