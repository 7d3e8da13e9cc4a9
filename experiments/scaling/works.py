"""Which commands run in shards, and the work of each."""

import importlib
from typing import Any

from experiments.scaling.work import ShardedWork

WORKS = {
    "label": "experiments.scaling.label_work.LabelWork",
    "score": "experiments.scaling.score_work.ScoreWork",
    "render": "experiments.scaling.render_work.RenderWork",
    "bake": "experiments.scaling.bake_work.BakeWork",
}
"""Verb -> the class of its work, made from the verb's options; loaded when it is needed."""


def work_of(verb: str, config: Any) -> ShardedWork:
    """Return the work of a command's options."""
    module, _, name = WORKS[verb].rpartition(".")
    return getattr(importlib.import_module(module), name)(config)
