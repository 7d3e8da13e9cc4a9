"""Train an agent that picks tools for a finished picture, on photos with planted defects."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch

from agents.tools.beam import Beam
from agents.tools.choosers import Agent, by_reference
from agents.tools.policy import ToolPolicy
from agents.tools.records import play
from agents.tools.sides import read_tool_sides
from agents.tools.tallies import confusion, summary_of
from agents.tools.training import train_tools
from attiqa_core.files.whole import write_json
from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.runs.device import pick_device, seed_everything
from attiqa_core.runs.metrics import finite
from experiments.options.outcome import Outcome, count
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume, inputs_of_files
from experiments.options.tools_train import Config
from isp_env.tool_episodes.core import ToolCore
from isp_env.tools.catalogue import find_tools
from isp_env.tools.tool import Tool

FREE = (*FREE_ON_RESUME, "timesteps")
"""A training that is at its end may go on for longer: no number follows a schedule."""


def run(config: Config) -> Outcome:
    """Train as configured; files that cannot be read are reported and left out."""
    config.check()
    task, tools, device = config.task(), find_tools(config.words()), pick_device(config.device)
    judge = None if config.judge is None else create_metric(config.judge, device, crops=1)
    sides = read_tool_sides(config.photos, config.validate, config.validation_share, config.planting, config.seed)
    folder = begin_or_resume(config, _inputs(config, tools, judge), FREE)
    seed_everything(config.seed)
    core = ToolCore(sides.training.to(device), tools, judge, task)
    validation = None if sides.validation is None else ToolCore(sides.validation.to(device), tools, judge, task)
    policy = train_tools(
        core,
        validation,
        algorithm=config.algo,
        timesteps=config.timesteps,
        num_envs=config.num_envs,
        every=config.every,
        patience=config.patience,
        stops_on_clean=config.stops_on_clean,
        seed=config.seed,
        numbers=config.numbers.given(),
        about={"planted": asdict(config.planting), "photos": [str(path) for path in config.photos]},
        run=folder,
        resume=config.resume,
    )
    figures = {} if validation is None else figures_of(validation, policy)
    write_json(folder / "summary.json", {**policy.training, **figures, "unreadable": list(sides.failures)})
    judges = f", judged by {count(len(validation), 'other')}" if validation else ""
    steps = count(policy.training["timesteps"], "step")
    done = (
        f"1 policy for {count(len(tools), 'tool')} trained on {count(len(core), 'picture')}, kept after {steps}{judges}"
    )
    return Outcome(folder, done, sides.failures)


def figures_of(core: ToolCore, policy: ToolPolicy) -> dict[str, Any]:
    """Return what a policy makes of a core's pictures, beside the oracle of one step, and which kinds of tool it took first."""
    oracle = play(core, Beam("oracle", "reference", by_reference, 1, 1, 0, torch.Generator()))
    record = play(core, Agent(policy))
    shares = {name: vars(share) for name, share in summary_of(core, record, oracle).items()}
    return {"validation": finite(shares), "validation_confusion": confusion(core, record)}


def _inputs(config: Config, tools: Sequence[Tool], judge: Judge | None) -> dict[str, str]:
    """What `meta.json` keeps of photos, learned tools and judge."""
    found = {f"tool:{tool.name}": tool.sha256 for tool in tools if tool.sha256}
    for name, paths in (("photos", config.photos), ("validate", config.validate)):
        below = (file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]))
        found |= inputs_of_files(name, sorted({file for file in below if file.is_file()}))
    return found if judge is None else {**found, "judge": judge.sha256}
