"""Policies that learn parameters from examples: a prior, which is one setting, and a policy, which looks at the raw."""
