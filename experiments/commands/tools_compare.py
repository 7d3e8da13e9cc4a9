"""Compare an agent that picks tools with chance, greedy steps, beams and oracles, on photos with planted defects."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from agents.tools.beam import Beam
from agents.tools.bundle import DESCRIPTION, load_tool_policy
from agents.tools.choosers import Agent, Chance, Chooser, Nothing, by_judge, by_reference
from agents.tools.equipment import judge_of, tools_of
from agents.tools.kept_rows import KeptRows
from agents.tools.policy import ToolPolicy
from agents.tools.records import Record
from agents.tools.sides import read_pictures
from agents.tools.tallies import confusion, summary_of
from attiqa_core.files.whole import sha256, write_json, write_text
from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.runs.device import pick_device
from attiqa_core.runs.metrics import finite
from attiqa_core.runs.progress import progress
from experiments.drawing.tool_sheets import draw_tool_sheet, records_csv, table_of
from experiments.options.outcome import Outcome, count
from experiments.options.resume import begin_or_resume
from experiments.options.tools_compare import Config
from isp_env.tool_episodes.core import ToolCore
from isp_env.tool_episodes.photo_contexts import photo_contexts
from isp_env.tool_episodes.planting import Planting
from isp_env.tools.catalogue import find_tools

ORACLE = "oracle, 1 step"
"""The row that `restored` is measured against: of all tools the one that gains most PSNR, or none."""


def run(config: Config) -> Outcome:
    """Compare as configured; files that cannot be read are reported and left out."""
    config.check()
    policy = load_tool_policy(config.run)
    tools = tools_of(config.run, policy, find_tools(["all"]))
    device, failures = pick_device(config.device), []
    judge = create_metric(config.judge, device, crops=1)
    planting = replace(Planting.from_stored(policy.training["planted"]), draws=config.draws)
    pictures = read_pictures(config.photos, policy.size_px, failures)
    contexts = photo_contexts(pictures, planting, config.seed).to(device)
    inputs = {"judge": judge.sha256, "policy": sha256(config.run / DESCRIPTION), "contexts": _hash_of(contexts.images)}
    folder = begin_or_resume(config, inputs)
    core = ToolCore(contexts, tools, judge_of(policy, device), policy.task)
    kept = KeptRows(folder)
    rows = progress(choosers(config, policy, judge), label="compare", unit="row")
    records = [kept.played(number, chooser, core) for number, chooser in enumerate(rows)]
    write_results(folder, core, records)
    kept.remove()
    done = f"{count(len(records), 'row')} compared on {count(len(core), 'picture')} of {count(len(contexts) // config.draws, 'photo')}"
    return Outcome(folder, done, tuple(failures))


def _hash_of(images: torch.Tensor) -> str:
    return hashlib.sha256(images.cpu().contiguous().numpy().tobytes()).hexdigest()


def choosers(config: Config, policy: ToolPolicy, judge: Judge) -> list[Chooser]:
    """Return the rows, the agent first; honest searches ask the judge, oracles the undamaged photo."""
    horizon, (width, depth) = policy.task.horizon, config.beam

    def search(name: str, honest: bool, width: int, depth: int) -> Beam:
        generator = torch.Generator().manual_seed(config.seed)
        asks = ("judge", by_judge(judge)) if honest else ("reference", by_reference)
        budget = 0 if name == ORACLE else config.budget  # the measure of others tries every tool
        return Beam(name, *asks, width, depth, budget, generator)

    honest = [search("greedy", True, 1, horizon), search(f"beam {width}x{depth}", True, width, depth)]
    return [
        Agent(policy),
        Nothing(),
        Chance(torch.Generator().manual_seed(config.seed)),
        *(honest if config.searches else ()),
        search(ORACLE, False, 1, 1),
        search("oracle, greedy", False, 1, horizon),
        search(f"oracle, beam {width}x{depth}", False, width, depth),
    ]


def write_results(folder: Path, core: ToolCore, records: Sequence[Record]) -> None:
    """Write results.json, results.csv, table.txt and sheet.jpg."""
    oracle = next(each for each in records if each.chooser == ORACLE)
    figures = {each.chooser: summary_of(core, each, oracle) for each in records}
    rows = {
        each.chooser: {
            "asks": each.asks,
            "seconds": round(each.seconds, 2),
            "figures": finite({name: vars(share) for name, share in figures[each.chooser].items()}),
            "first_kinds": confusion(core, each),
        }
        for each in records
    }
    write_json(folder / "results.json", {"pictures": len(core), "tools": list(core.tool_names), "rows": rows})
    write_text(folder / "results.csv", records_csv(core, records))
    text = table_of(records, figures, confusion(core, records[0]))
    write_text(folder / "table.txt", text)
    print(text, end="")
    draw_tool_sheet(folder / "sheet.jpg", core, records)
