"""Single operations on finished pictures, for agents that pick one after another; planted defects."""
