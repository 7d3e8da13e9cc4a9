"""Prove that the parts of a run are all there, each thing done once, and join them: the same files as of one process."""

from experiments.options.merge import Config
from experiments.options.outcome import Outcome
from experiments.scaling import parts


def run(config: Config) -> Outcome:
    """Join the parts of a run; what no part could do are the outcome's failures."""
    config.check()
    return parts.merge(config.run)
