"""A command's work shared: one part of it here, or all of it over actors of Ray."""

from pathlib import Path
from typing import Any

from experiments.options.outcome import Outcome
from experiments.scaling.parts import run_part
from experiments.scaling.ray_actors import run_over_actors


def run_shared(verb: str, config: Any, folder: Path) -> Outcome:
    """Return what became of a command with --shard or --ray, whose work is in `folder`."""
    return (run_part if config.scaling.shard is not None else run_over_actors)(verb, config, folder)
